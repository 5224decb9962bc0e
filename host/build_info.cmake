# Writes OUTPUT with version, commit, dirty flag, compiler and flags; touches it only when something changed.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=12 HEAD OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
execute_process(COMMAND git -C ${SOURCE} status --porcelain --untracked-files=no OUTPUT_VARIABLE changed ERROR_QUIET)
if(changed)
  set(dirty true)
else()
  set(dirty false)
endif()
set(text "// Written by build_info.cmake at build time.
#include \"host/build_info.hpp\"
namespace embrace {
const BuildInfo& build_info() {
  static const BuildInfo info{\"${VERSION}\", \"${commit}\", ${dirty}, \"${COMPILER}\", \"${FLAGS}\"};
  return info;
}
}  // namespace embrace
")
set(old "")
if(EXISTS ${OUTPUT})
  file(READ ${OUTPUT} old)
endif()
if(NOT old STREQUAL text)
  file(WRITE ${OUTPUT} "${text}")
endif()
