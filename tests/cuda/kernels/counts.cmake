# tests/golden/counts.md, the program that makes it, and the test that holds the kernels to it.
string(REGEX MATCH "^[0-9]+\\.[0-9]+" nvcc_version ${CMAKE_CUDA_COMPILER_VERSION})
add_library(kernel_counts_support STATIC kernels/counts.cpp kernels/counted_work.cpp kernels/counting.cpp kernels/kernel_name.cpp
            ${CMAKE_SOURCE_DIR}/bench/cases/by_thrust.cu)  # part of a library that exports nothing of it
target_link_libraries(kernel_counts_support PUBLIC embrace_bench_test_support embrace_gpu)
target_compile_definitions(kernel_counts_support PUBLIC EMBRACE_NVCC_VERSION="${nvcc_version}")
add_cuda_program(kernel_counts kernels/kernel_counts_main.cpp)
add_cuda_program(counts_test kernels/counts_test.cpp)
foreach(program kernel_counts counts_test)
  target_link_libraries(${program} PRIVATE kernel_counts_support)
endforeach()
target_compile_definitions(counts_test PRIVATE EMBRACE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
add_dependencies(counts_test kernel_counts)
gtest_discover_tests(counts_test DISCOVERY_MODE PRE_TEST)
