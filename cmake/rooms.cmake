# How a room of src/ becomes a target.
#
# A room sees only itself and the rooms that it names: each room has a folder <build>/rooms/<room>/ that holds nothing
# but a link <room> -> src/<room>, and a target gets the folders of its own rooms only. So `#include "history/log.h"`
# in a room that may not know history does not compile. Includes through ".." are caught by tests/tables/test_arrows.sh.

add_library(lockstep_warnings INTERFACE)
target_compile_options(lockstep_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough -Wconversion)
target_compile_definitions(lockstep_warnings INTERFACE _GNU_SOURCE)

# What is sanitized in the sanitizer build: everything of lockstep but the shim and the stubs, which live in a guest.
add_library(lockstep_sanitizers INTERFACE)
if(LOCKSTEP_SANITIZE)
  target_compile_options(lockstep_sanitizers INTERFACE
    -O1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  target_link_options(lockstep_sanitizers INTERFACE -fsanitize=address,undefined)
endif()

# The rooms that have a library by now, in order of definition.
set_property(GLOBAL PROPERTY LOCKSTEP_ROOM_TARGETS "")

function(lockstep_room_folders result)
  set(folders "")
  foreach(room IN LISTS ARGN)
    set(folder ${CMAKE_BINARY_DIR}/rooms/${room})
    file(MAKE_DIRECTORY ${folder})
    file(CREATE_LINK ${CMAKE_SOURCE_DIR}/src/${room} ${folder}/${room} SYMBOLIC)
    list(APPEND folders ${folder})
  endforeach()
  set(${result} ${folders} PARENT_SCOPE)
endfunction()

# lockstep_room(NAME room [DEPENDS room...] [LIBRARIES target...])
# Static library lockstep_<room> of src/<room>/*.c (main.c excepted). A room without a .c file is headers and tables
# only: no library, and others may include it all the same.
function(lockstep_room)
  cmake_parse_arguments(ARG "" "NAME" "DEPENDS;LIBRARIES" ${ARGN})
  lockstep_room_folders(folders ${ARG_NAME} ${ARG_DEPENDS})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${ARG_NAME}/*.c)
  list(FILTER sources EXCLUDE REGEX "/main\\.c$")
  if(NOT sources)
    return()
  endif()
  set(target lockstep_${ARG_NAME})
  add_library(${target} STATIC ${sources})
  target_include_directories(${target} PRIVATE ${folders})
  target_compile_definitions(${target} PRIVATE
    LOCKSTEP_VERSION="${PROJECT_VERSION}"
    LOCKSTEP_LIBDIR="${CMAKE_INSTALL_LIBDIR}/lockstep"
    LOCKSTEP_PREFIX="${CMAKE_INSTALL_PREFIX}")
  target_link_libraries(${target} PRIVATE lockstep_warnings lockstep_sanitizers ${ARG_LIBRARIES})
  foreach(room IN LISTS ARG_DEPENDS)
    if(TARGET lockstep_${room})
      target_link_libraries(${target} PRIVATE lockstep_${room})
    endif()
  endforeach()
  set_property(GLOBAL APPEND PROPERTY LOCKSTEP_ROOM_TARGETS ${target})
endfunction()

# lockstep_program(ROOM room): the executable `lockstep` at the top of the build folder, from the room's main.c.
function(lockstep_program)
  cmake_parse_arguments(ARG "" "ROOM" "" ${ARGN})
  file(GLOB main CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/${ARG_ROOM}/main.c)
  if(NOT main)
    message(STATUS "src/${ARG_ROOM}/main.c is not there: no program is built")
    return()
  endif()
  file(GLOB rooms LIST_DIRECTORIES true RELATIVE ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/src/*)
  list(REMOVE_ITEM rooms shim)
  lockstep_room_folders(folders ${rooms})
  get_property(targets GLOBAL PROPERTY LOCKSTEP_ROOM_TARGETS)
  list(REVERSE targets)
  add_executable(lockstep ${main})
  target_include_directories(lockstep PRIVATE ${folders})
  target_compile_definitions(lockstep PRIVATE LOCKSTEP_VERSION="${PROJECT_VERSION}")
  target_link_libraries(lockstep PRIVATE lockstep_warnings lockstep_sanitizers ${targets})
  set_target_properties(lockstep PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
  install(TARGETS lockstep RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endfunction()

# lockstep_shim(DEPENDS room...): the preload library. It lives in a stranger's process: always optimised, never
# sanitized, nothing visible but what it exports on purpose, nothing linked but libc. The .c files of the rooms named
# are compiled into it again, with its own options.
function(lockstep_shim)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  lockstep_room_folders(folders shim ${ARG_DEPENDS})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/shim/*.c)
  if(NOT sources)
    return()
  endif()
  file(GLOB shared CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/protocol/*.c ${CMAKE_SOURCE_DIR}/src/operations/*.c)
  add_library(lockstep_preload MODULE ${sources} ${shared})
  target_include_directories(lockstep_preload PRIVATE ${folders})
  target_compile_definitions(lockstep_preload PRIVATE LOCKSTEP_SHIM=1 LOCKSTEP_VERSION="${PROJECT_VERSION}")
  # -fno-tree-loop-distribute-patterns: a loop that copies must not become a call of memcpy, which we may wrap.
  target_compile_options(lockstep_preload PRIVATE
    -O2 -g -fno-omit-frame-pointer -ftls-model=initial-exec -fno-strict-aliasing
    $<$<C_COMPILER_ID:GNU>:-fno-tree-loop-distribute-patterns>)
  target_link_options(lockstep_preload PRIVATE -Wl,-z,defs -Wl,--as-needed -Wl,-z,nodelete)
  target_link_libraries(lockstep_preload PRIVATE lockstep_warnings)
  set_target_properties(lockstep_preload PROPERTIES
    C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/lockstep)
  install(TARGETS lockstep_preload LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/lockstep)
endfunction()

# lockstep_stubs(DEPENDS room...): what `lockstep cc` links into a guest. Plain code for any compiler's output.
function(lockstep_stubs)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  lockstep_room_folders(folders shim ${ARG_DEPENDS})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/shim/stubs/*.c)
  if(NOT sources)
    return()
  endif()
  add_library(lockstep_stubs STATIC ${sources})
  target_include_directories(lockstep_stubs PRIVATE ${folders})
  target_compile_options(lockstep_stubs PRIVATE -O2 -g0 -fno-omit-frame-pointer)
  target_link_libraries(lockstep_stubs PRIVATE lockstep_warnings)
  set_target_properties(lockstep_stubs PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/lockstep)
  install(TARGETS lockstep_stubs ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/lockstep)
  # gcc: -fsanitize=thread for the compiler proper only, so that its driver links no libtsan.
  configure_file(${CMAKE_SOURCE_DIR}/src/shim/stubs/lockstep.specs ${CMAKE_BINARY_DIR}/lib/lockstep/lockstep.specs COPYONLY)
  install(FILES src/shim/stubs/lockstep.specs DESTINATION ${CMAKE_INSTALL_LIBDIR}/lockstep)
endfunction()
