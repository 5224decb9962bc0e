# Runs PROGRAM with the one test TEST, which must fail: the program has a fault planted in it.
execute_process(COMMAND ${PROGRAM} --gtest_filter=${TEST} OUTPUT_VARIABLE output ERROR_VARIABLE output RESULT_VARIABLE status TIMEOUT 250)
if(status EQUAL 0)
  message(FATAL_ERROR "${TEST} does not see the fault:\n${output}")
elseif(NOT output MATCHES "FAILED  \\] ${TEST}")
  message(FATAL_ERROR "${TEST} did not run to its verdict (status ${status}):\n${output}")
endif()
