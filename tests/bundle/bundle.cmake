# One tarball for a GPU machine without network or build packages: the programs, all GPU tests in one program, run-on-gpu,
# and the shared libraries that are neither CUDA's nor the C library. The target `bundle` makes it.
#   embrace-bundle/run-on-gpu  steps.bash  torch-peers.py
#                  bin/embrace  bin/embrace-bench-ops  bin/embrace-bench-epochs  bin/embrace-gpu-tests
#                  lib/libembrace.so  lib/libembrace_cuda.so  lib/libopenblas.so.0 …
# Objects are those of the build; only the links are made again, so that nothing is in the tarball twice: libembrace.so is
# all code without CUDA, which the programs and the CUDA part share, and the tests take the kernels from the CUDA part. An
# RPATH, unlike a RUNPATH, is also followed by the libraries in lib/ for what they need; CUDA's libraries are not there, so
# that LD_LIBRARY_PATH decides about them.
set(EMBRACE_BUNDLE ${CMAKE_BINARY_DIR}/embrace-bundle)

function(add_bundled target name language rpath)
  set_target_properties(${target} PROPERTIES OUTPUT_NAME ${name} EXCLUDE_FROM_ALL ON LINKER_LANGUAGE ${language}
    BUILD_WITH_INSTALL_RPATH ON INSTALL_RPATH "${rpath}"
    RUNTIME_OUTPUT_DIRECTORY ${EMBRACE_BUNDLE}/bin LIBRARY_OUTPUT_DIRECTORY ${EMBRACE_BUNDLE}/lib)
  set_property(GLOBAL APPEND PROPERTY EMBRACE_BUNDLED ${target})
endfunction()

# Calls inside a library go straight to its own functions, as in the programs of the build.
function(add_bundled_library name language rpath targets)  # add_bundled_library(NAME LANGUAGE RPATH TARGETS LIBRARY…)
  list(TRANSFORM targets REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  add_library(bundled-lib${name} SHARED ${objects})
  target_link_libraries(bundled-lib${name} PRIVATE ${ARGN})
  target_link_options(bundled-lib${name} PRIVATE LINKER:--enable-new-dtags LINKER:-Bsymbolic-functions LINKER:-z,defs)
  add_bundled(bundled-lib${name} ${name} ${language} "${rpath}")
endfunction()

function(add_bundled_program name language targets)  # add_bundled_program(NAME LANGUAGE TARGETS LIBRARY…)
  list(TRANSFORM targets REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
  add_executable(bundled-${name} ${objects})
  target_link_libraries(bundled-${name} PRIVATE bundled-libembrace ${ARGN} fmt::fmt ZLIB::ZLIB Threads::Threads)
  target_link_options(bundled-${name} PRIVATE LINKER:--disable-new-dtags)
  set_target_properties(bundled-${name} PROPERTIES RELOCATABLE ON)
  add_bundled(bundled-${name} ${name} ${language} "$ORIGIN/../lib")
endfunction()

set(host embrace_host embrace_devices embrace_bench)
if(EMBRACE_BENCHMARKS)
  list(APPEND host embrace_benchmark_main)
  set(benchmark benchmark::benchmark)
endif()
add_bundled_library(embrace CXX "$ORIGIN" "${host}" ${benchmark} fmt::fmt ZLIB::ZLIB OpenSSL::Crypto ${HWY_LIBRARY}
  ${OPENBLAS_LIBRARY} ${CMAKE_DL_LIBS} Threads::Threads)
add_bundled_library(embrace_cuda CUDA "$ORIGIN;/usr/local/cuda/lib64" "embrace_gpu;embrace_cuda" bundled-libembrace
  embrace_toolkit)
add_bundled_program(embrace CXX embrace)
if(EMBRACE_BENCHMARKS)
  add_bundled_program(embrace-bench-ops CXX embrace-bench-ops ${benchmark})
  add_bundled_program(embrace-bench-epochs CXX embrace-bench-epochs ${benchmark})
endif()
add_bundled_program(embrace-gpu-tests CUDA "${EMBRACE_CUDA_TESTS};embrace_bench_test_support;embrace_test_support"
  bundled-libembrace_cuda embrace_toolkit GTest::gtest GTest::gtest_main)

get_property(bundled GLOBAL PROPERTY EMBRACE_BUNDLED)
list(TRANSFORM bundled REPLACE "(.+)" "$<TARGET_FILE:\\1>" OUTPUT_VARIABLE files)
set(scripts run-on-gpu steps.bash torch-peers.py)
list(TRANSFORM scripts PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
add_custom_target(bundle
  COMMAND ${CMAKE_COMMAND} "-DFILES=${files}" -DFOLDER=${EMBRACE_BUNDLE} -DSTRIP=${CMAKE_STRIP} "-DSCRIPTS=${scripts}"
          -P ${CMAKE_CURRENT_LIST_DIR}/collect.cmake
  COMMAND ${CMAKE_COMMAND} -E tar cJf embrace-bundle.tar.xz embrace-bundle
  COMMAND ${CMAKE_COMMAND} -E echo "${CMAKE_BINARY_DIR}/embrace-bundle.tar.xz"
  WORKING_DIRECTORY ${CMAKE_BINARY_DIR} DEPENDS ${bundled} VERBATIM)
# Tried where there are two minutes of a developer's time for it; a GPU is not needed. What is made for one architecture
# may have 16 MiB; each more may add the kernels' third of it.
if(EMBRACE_WERROR)
  list(LENGTH CMAKE_CUDA_ARCHITECTURES architectures)
  math(EXPR most "11 + 5 * ${architectures}")
  add_test(NAME bundle/make COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target bundle)
  add_test(NAME bundle/self-test
           COMMAND ${CMAKE_CURRENT_LIST_DIR}/self-test ${CMAKE_BINARY_DIR}/embrace-bundle.tar.xz ${most})
  set_tests_properties(bundle/make PROPERTIES FIXTURES_SETUP bundle)
  set_tests_properties(bundle/self-test PROPERTIES FIXTURES_REQUIRED bundle)
endif()
