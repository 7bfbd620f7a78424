# Finds CAF 0.17 as Debian and Ubuntu package it (libcaf-dev): headers and shared libraries, with neither a CMake
# configuration nor a pkg-config file. Components: core, io, openssl. Sets CAF_FOUND and CAF_VERSION and makes the
# imported targets CAF::core, CAF::io and CAF::openssl.

include(FindPackageHandleStandardArgs)
find_package(Threads REQUIRED)

if(NOT CAF_FIND_COMPONENTS)
  set(CAF_FIND_COMPONENTS core)
endif()

find_path(CAF_INCLUDE_DIR NAMES caf/config.hpp)
mark_as_advanced(CAF_INCLUDE_DIR)

# CAF_VERSION is written MMmmpp: 1706 is 0.17.6.
if(CAF_INCLUDE_DIR)
  file(STRINGS ${CAF_INCLUDE_DIR}/caf/config.hpp line REGEX "^#define CAF_VERSION [0-9]+")
  string(REGEX MATCH "[0-9]+$" number "${line}")
  if(number)
    math(EXPR major "${number} / 10000")
    math(EXPR minor "${number} / 100 % 100")
    math(EXPR patch "${number} % 100")
    set(CAF_VERSION ${major}.${minor}.${patch})
  endif()
endif()

foreach(component IN LISTS CAF_FIND_COMPONENTS)
  find_library(CAF_${component}_LIBRARY NAMES caf_${component})
  mark_as_advanced(CAF_${component}_LIBRARY)
  if(CAF_${component}_LIBRARY AND CAF_INCLUDE_DIR)
    set(CAF_${component}_FOUND TRUE)
    if(NOT TARGET CAF::${component})
      add_library(CAF::${component} UNKNOWN IMPORTED)
      set_target_properties(CAF::${component} PROPERTIES IMPORTED_LOCATION ${CAF_${component}_LIBRARY}
                                                         INTERFACE_INCLUDE_DIRECTORIES ${CAF_INCLUDE_DIR})
      target_link_libraries(CAF::${component} INTERFACE Threads::Threads)
    endif()
  endif()
endforeach()

if(TARGET CAF::io)
  target_link_libraries(CAF::io INTERFACE CAF::core)
endif()
if(TARGET CAF::openssl)
  find_package(OpenSSL REQUIRED)
  target_link_libraries(CAF::openssl INTERFACE CAF::io OpenSSL::SSL)
endif()

find_package_handle_standard_args(CAF REQUIRED_VARS CAF_INCLUDE_DIR CAF_core_LIBRARY
                                  VERSION_VAR CAF_VERSION HANDLE_COMPONENTS)
