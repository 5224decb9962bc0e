# One tarball for a GPU machine without network or build packages: the programs, all GPU tests in one program, run-on-gpu,
# and the shared libraries that are neither CUDA's nor the C library. The target `bundle` makes it.
#   embrace-bundle/run-on-gpu  bin/embrace  bin/embrace-bench-ops  bin/embrace-bench-epochs  bin/embrace-gpu-tests
#                  lib/libembrace_cuda.so  lib/libopenblas.so.0 …
# Objects are those of the build; only the links are made again. An RPATH, unlike a RUNPATH, is also followed by the
# libraries in lib/ for what they need; CUDA's libraries are not there, so that LD_LIBRARY_PATH decides about them.
set(EMBRACE_BUNDLE ${CMAKE_BINARY_DIR}/embrace-bundle)

function(add_bundled target name)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} EXCLUDE_FROM_ALL ON LINKER_LANGUAGE CUDA
    RUNTIME_OUTPUT_DIRECTORY ${EMBRACE_BUNDLE}/bin LIBRARY_OUTPUT_DIRECTORY ${EMBRACE_BUNDLE}/lib)
  set_property(GLOBAL APPEND PROPERTY EMBRACE_BUNDLED ${target})
endfunction()

function(add_bundled_program name objects)  # add_bundled_program(NAME OBJECTS LIBRARY…)
  add_executable(bundled-${name} ${objects})
  target_link_libraries(bundled-${name} PRIVATE ${ARGN})
  target_link_options(bundled-${name} PRIVATE LINKER:--disable-new-dtags)
  set_target_properties(bundled-${name} PROPERTIES RELOCATABLE ON BUILD_RPATH "$ORIGIN/../lib" SKIP_BUILD_RPATH OFF)
  add_bundled(bundled-${name} ${name})
endfunction()

add_bundled_program(embrace "$<TARGET_OBJECTS:embrace>" embrace_bench)
if(EMBRACE_BENCHMARKS)
  add_bundled_program(embrace-bench-ops "$<TARGET_OBJECTS:embrace-bench-ops>" embrace_benchmark_main)
  add_bundled_program(embrace-bench-epochs "$<TARGET_OBJECTS:embrace-bench-epochs>" embrace_benchmark_main)
endif()
list(TRANSFORM EMBRACE_CUDA_TESTS REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
add_bundled_program(embrace-gpu-tests "${objects}" embrace_bench_test_support embrace_gpu)

add_library(bundled-cuda MODULE $<TARGET_OBJECTS:embrace_cuda>)
target_link_libraries(bundled-cuda PRIVATE embrace_gpu)
target_link_options(bundled-cuda PRIVATE LINKER:--exclude-libs,ALL LINKER:-z,defs)
set_target_properties(bundled-cuda PROPERTIES BUILD_RPATH "$ORIGIN;/usr/local/cuda/lib64")
add_bundled(bundled-cuda embrace_cuda)

get_property(bundled GLOBAL PROPERTY EMBRACE_BUNDLED)
list(TRANSFORM bundled REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE files)
add_custom_target(bundle-folder
  COMMAND ${CMAKE_COMMAND} "-DFILES=${files}" -DFOLDER=${EMBRACE_BUNDLE} -DSTRIP=${CMAKE_STRIP}
          -DSCRIPT=${CMAKE_CURRENT_LIST_DIR}/run-on-gpu -P ${CMAKE_CURRENT_LIST_DIR}/collect.cmake
  DEPENDS ${bundled} VERBATIM)
# Tried where there are two minutes of a developer's time for it; a GPU is not needed.
if(EMBRACE_WERROR)
  add_test(NAME bundle/make COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target bundle-folder)
  add_test(NAME bundle/self-test COMMAND ${CMAKE_CURRENT_LIST_DIR}/self-test ${EMBRACE_BUNDLE})
  set_tests_properties(bundle/make PROPERTIES FIXTURES_SETUP bundle)
  set_tests_properties(bundle/self-test PROPERTIES FIXTURES_REQUIRED bundle)
endif()
add_custom_target(bundle
  COMMAND ${CMAKE_COMMAND} -E tar czf embrace-bundle.tar.gz embrace-bundle
  COMMAND ${CMAKE_COMMAND} -E echo "${CMAKE_BINARY_DIR}/embrace-bundle.tar.gz"
  WORKING_DIRECTORY ${CMAKE_BINARY_DIR} DEPENDS bundle-folder VERBATIM)
