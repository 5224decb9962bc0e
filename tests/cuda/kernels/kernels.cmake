# tests/golden/kernels.md and the test that holds the kernels to it. The kernels are compiled once more, from one PTX, for all
# architectures of the table; ptxas's words are kept beside each object, and the PTX inside as text.
file(GLOB_RECURSE kernel_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/cuda/*.cu)
add_library(kernel_objects OBJECT EXCLUDE_FROM_ALL ${kernel_sources})
target_link_libraries(kernel_objects PRIVATE embrace_cuda_options embrace_host)
target_compile_options(kernel_objects PRIVATE
  "SHELL:-gencode arch=compute_80,code=[compute_80,sm_80,sm_90,sm_100]" --no-compress -Xptxas=-v)
set_target_properties(kernel_objects PROPERTIES CUDA_ARCHITECTURES OFF
  CUDA_COMPILER_LAUNCHER "${CMAKE_CURRENT_SOURCE_DIR}/kernels/keep_messages;${CMAKE_CUDA_COMPILER_LAUNCHER}")

add_library(kernel_table_support STATIC EXCLUDE_FROM_ALL kernels/kernel_facts.cpp kernels/kernel_table.cpp kernels/kernel_name.cpp)
target_link_libraries(kernel_table_support PUBLIC embrace_bench_test_support embrace_gpu)
target_compile_definitions(kernel_table_support PUBLIC EMBRACE_NVCC_VERSION="${nvcc_version}"
  "EMBRACE_KERNEL_OBJECTS=\"$<JOIN:$<TARGET_OBJECTS:kernel_objects>,\",\">\"")
add_dependencies(kernel_table_support kernel_objects)

add_cuda_program(kernel_table kernels/kernel_table_main.cpp)
add_cuda_program(kernels_test kernels/kernels_test.cpp)
foreach(program kernel_table kernels_test)
  target_link_libraries(${program} PRIVATE kernel_table_support)
  set_target_properties(${program} PROPERTIES EXCLUDE_FROM_ALL ON)
endforeach()
target_compile_definitions(kernels_test PRIVATE EMBRACE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
