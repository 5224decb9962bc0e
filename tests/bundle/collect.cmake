# cmake -DFILES=programs;libraries -DFOLDER=bundle -DSTRIP=strip -DSCRIPTS=scripts -P collect.cmake
# Puts beside the bundle's own files, which lie in FOLDER already, the libraries that they need and the scripts.
cmake_minimum_required(VERSION 3.24)
file(GET_RUNTIME_DEPENDENCIES EXECUTABLES ${FILES} RESOLVED_DEPENDENCIES_VAR needed UNRESOLVED_DEPENDENCIES_VAR missing
  PRE_EXCLUDE_REGEXES "^libcu(da|dart|blas|blasLt)\\.so" "^libnv"
                      "^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|util))\\.so"
  POST_EXCLUDE_REGEXES "^${FOLDER}/")
if(missing)
  message(FATAL_ERROR "Not found: ${missing}")
endif()
foreach(library ${needed})
  get_filename_component(name ${library} NAME)  # the name that programs ask for; behind it may be a chain of links
  file(REAL_PATH ${library} file)
  execute_process(COMMAND ${STRIP} --strip-unneeded -o ${FOLDER}/lib/${name} ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
foreach(file ${FILES})
  execute_process(COMMAND ${STRIP} ${file} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
file(COPY ${SCRIPTS} DESTINATION ${FOLDER})
