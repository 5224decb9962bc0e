# Every test of kernels once more under other schedules: warps and blocks in another order, with device memory out of the
# host's reach and work done as late as the stream allows; with accesses by several threads to one place watched.
set(schedules
    "late-in-another-order|PTX_SEED=1 PTX_WINDOW=3 PTX_GUARD=1 PTX_DEFER=1"
    "races|PTX_RACE=1 PTX_RACE_SKIP=cub,thrust")
# Not tests that launch the kernels of others once more: of more factors, over whole trainings, twice from one seed, by
# another loss.
set(once_more "*FollowEachOther/Squared:*OfAnyNumberOfFactors:*WholeTrainings*:*LearnsAsWell*:*TheSameSeedGives*:*TheSameBitsAgain*:*TheSameBitsEachTime")
set(kernel_tests ${EMBRACE_CUDA_TESTS})
list(REMOVE_ITEM kernel_tests failures_test library_test)  # about calls and files
foreach(test ${kernel_tests})
  foreach(schedule ${schedules})
    string(REGEX REPLACE "\\|.*" "" label "${schedule}")
    string(REGEX REPLACE ".*\\|" "" environment "${schedule}")
    string(REPLACE " " ";" environment "${environment}")
    add_test(NAME ${test}/${label} COMMAND ${test} --gtest_brief=1 "--gtest_filter=-${once_more}")
    set_tests_properties(${test}/${label} PROPERTIES ENVIRONMENT "${environment}")
  endforeach()
endforeach()
