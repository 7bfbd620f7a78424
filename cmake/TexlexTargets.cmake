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
  # Counters lie in a mapped file (%c), one a program (%m), so that a worker that is killed has been counted too. clang
  # counts conditions as they are written: there are no branches for exceptions or for what a compiler adds.
  target_compile_options(texlex_options INTERFACE -fprofile-instr-generate=${CMAKE_BINARY_DIR}/profiles/%c%m.profraw
                                                  -fcoverage-mapping -fprofile-update=atomic
                                                  "SHELL:-mllvm -runtime-counter-relocation")
  target_link_options(texlex_options INTERFACE -fprofile-instr-generate)
endif()

# GCC takes what is included for a header, whose unnamed namespaces others might see, and minds types' names that another
# of the files has for something else. clang looks too, in preset dev.
add_library(texlex_joined INTERFACE)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU AND TEXLEX_UNITY)
  target_compile_options(texlex_joined INTERFACE -Wno-subobject-linkage -Wno-shadow)
endif()

# Several files are compiled as one: for rooms whose headers take longer than what is in their files.
function(texlex_join target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ${TEXLEX_UNITY} UNITY_BUILD_BATCH_SIZE 8)
  target_link_libraries(${target} PRIVATE $<BUILD_INTERFACE:texlex_joined>)
endfunction()

# texlex_library(NAME [JOINED] SOURCES file... DEPENDS target...): the library texlex_NAME, known to others as
# texlex::NAME.
function(texlex_library name)
  cmake_parse_arguments(ARG "JOINED" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(texlex_${name} STATIC ${ARG_SOURCES})
  add_library(texlex::${name} ALIAS texlex_${name})
  target_link_libraries(texlex_${name} PUBLIC texlex_options ${ARG_DEPENDS})
  if(ARG_JOINED)
    texlex_join(texlex_${name})
  endif()
endfunction()

# texlex_program(NAME [JOINED] SOURCES file... DEPENDS target...): a program of that name at the top of the build folder.
function(texlex_program name)
  cmake_parse_arguments(ARG "JOINED" "" "SOURCES;DEPENDS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE texlex_options ${ARG_DEPENDS})
  if(ARG_JOINED)
    texlex_join(${name})
  endif()
endfunction()

# What is the same for all tests: Boost.Test with one main for them, and where the sources lie.
add_library(texlex_test_options INTERFACE)
target_compile_definitions(texlex_test_options INTERFACE BOOST_TEST_DYN_LINK TEXLEX_SOURCE_DIR="${PROJECT_SOURCE_DIR}")

# Label `service` marks what needs CAF, so that runs without it can leave it out.
function(texlex_ctest name program labels)
  add_test(NAME ${name} COMMAND ${program} ${ARGN})
  set(seconds_max 300)
  if(TEXLEX_COVERAGE)
    set(seconds_max 900) # not optimized, and counted
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${seconds_max} LABELS "${labels}")
endfunction()

# texlex_test(NAME SOURCES file... DEPENDS target... [LABELS label...]): a Boost.Test program of its own that ctest runs, for what cannot
# share one: an operator new that fails, or a library that is linked as its users link it.
function(texlex_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  target_link_libraries(${name} PRIVATE texlex_options texlex_test_main ${ARG_DEPENDS})
  texlex_ctest(${name} ${name} "${ARG_LABELS}")
endfunction()

# texlex_tests(NAME TESTS test... DEPENDS target... [LABELS label...] [PREFIX prefix]): one Boost.Test program for a room
# of tests. Each TEST is a file and the suite in it; ctest runs each by itself, as PREFIX and its name. Several files are
# compiled as one, since most of a test's compilation is its headers': their names lie in their suites, apart from each
# other.
function(texlex_tests name)
  cmake_parse_arguments(ARG "" "PREFIX" "TESTS;DEPENDS;LABELS" ${ARGN})
  list(TRANSFORM ARG_TESTS APPEND .cpp OUTPUT_VARIABLE sources)
  add_executable(${name} ${sources})
  target_link_libraries(${name} PRIVATE texlex_options texlex_test_main ${ARG_DEPENDS})
  texlex_join(${name})
  foreach(test IN LISTS ARG_TESTS)
    texlex_ctest(${ARG_PREFIX}${test} ${name} "${ARG_LABELS}" --run_test=${test})
  endforeach()
endfunction()
