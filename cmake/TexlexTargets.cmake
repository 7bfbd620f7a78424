# How every target of texlex is made: one library a folder, its dependencies spelled out, the same warnings for all.

add_library(texlex_options INTERFACE)
target_compile_options(texlex_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Werror)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # GCC 12 sees overlapping copies where a string is put behind a literal: its bug 105651, mended in 13.
  target_compile_options(texlex_options INTERFACE -Wno-restrict)
endif()
target_include_directories(texlex_options INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_definitions(texlex_options INTERFACE BOOST_ASIO_NO_DEPRECATED TEXLEX_VERSION="${PROJECT_VERSION}")
if(TEXLEX_SANITIZE)
  target_compile_definitions(texlex_options INTERFACE TEXLEX_SANITIZED) # for tests of what no sanitizer allows
  target_compile_options(texlex_options INTERFACE -fsanitize=${TEXLEX_SANITIZE} -fno-omit-frame-pointer
                                                  -fno-sanitize-recover=all)
  target_link_options(texlex_options INTERFACE -fsanitize=${TEXLEX_SANITIZE})
  if(TEXLEX_SANITIZE MATCHES undefined)
    # This check looks at memory through a pipe, and errs in a test that leaves the process no file to open.
    target_compile_options(texlex_options INTERFACE -fno-sanitize=vptr)
  endif()
  if(TEXLEX_SANITIZE MATCHES thread)
    # ThreadSanitizer does not know fences. Asio's handlers are ordered by its locks, which it does know.
    target_compile_definitions(texlex_options INTERFACE BOOST_ASIO_DISABLE_FENCED_BLOCK)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    # Instrumented, std::regex looks uninitialized to GCC 12 (its bug 105562); the plain build keeps the warning.
    target_compile_options(texlex_options INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(TEXLEX_FUZZ)
  # So that the fuzzer sees every branch. It need not see what is compared: a document has no magic numbers, and
  # telling them took half of the time.
  target_compile_options(texlex_options INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp)
endif()
if(TEXLEX_COVERAGE)
  target_compile_options(texlex_options INTERFACE --coverage)
  target_link_options(texlex_options INTERFACE --coverage)
endif()

# texlex_library(NAME SOURCES file... DEPENDS target...): the library texlex_NAME, known to others as texlex::NAME.
function(texlex_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(texlex_${name} STATIC ${ARG_SOURCES})
  add_library(texlex::${name} ALIAS texlex_${name})
  target_link_libraries(texlex_${name} PUBLIC texlex_options ${ARG_DEPENDS})
endfunction()

# texlex_program(NAME SOURCES file... DEPENDS target...): a program of that name at the top of the build folder.
function(texlex_program name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE texlex_options ${ARG_DEPENDS})
endfunction()

# texlex_test(NAME SOURCES file... DEPENDS target... [LABELS label...] [ARGUMENTS argument...]): a Boost.Test program
# that ctest runs. Label `service` marks what needs CAF, so that runs without it can leave it out.
function(texlex_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS;ARGUMENTS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_compile_definitions(${name} PRIVATE BOOST_TEST_DYN_LINK TEXLEX_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  target_link_libraries(${name} PRIVATE texlex_options Boost::unit_test_framework ${ARG_DEPENDS})
  add_test(NAME ${name} COMMAND ${name} ${ARG_ARGUMENTS})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
  if(ARG_LABELS)
    set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}")
  endif()
endfunction()
