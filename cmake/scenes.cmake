# The programs of the shipped scenes, by `lockstep cc`, so that playing one needs no compiler:
# scenes/<act>/<id> -> <build>/scenes/<id>/<program>, installed as <libdir>/lockstep/scenes/<id>/<program>.
if(TARGET lockstep AND TARGET lockstep_stubs)
  lockstep_room_folders(folders base operations scene)
  add_executable(scene_programs ${CMAKE_SOURCE_DIR}/src/scene/main.c)
  target_include_directories(scene_programs PRIVATE ${folders})
  target_link_libraries(scene_programs PRIVATE lockstep_warnings lockstep_sanitizers
    lockstep_scene lockstep_operations lockstep_base)

  file(GLOB scenes CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/scenes ${CMAKE_SOURCE_DIR}/scenes/*/*/scene.yaml)
  set(stamps "")
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/scenes)
  foreach(scene IN LISTS scenes)
    cmake_path(GET scene PARENT_PATH folder)
    cmake_path(GET folder FILENAME id)
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/scenes/${folder}/*.[ch])
    set(stamp ${CMAKE_BINARY_DIR}/CMakeFiles/scene-${id}.stamp)
    # What a program is made of: its sources, and what `lockstep cc` adds. That lockstep itself was linked anew is no
    # reason to compile; that it is there is (add_dependencies below).
    add_custom_command(OUTPUT ${stamp}
      COMMAND scene_programs ${CMAKE_SOURCE_DIR}/scenes/${folder} ${CMAKE_BINARY_DIR}/scenes $<TARGET_FILE:lockstep> cc
      COMMAND ${CMAKE_COMMAND} -E touch ${stamp}
      DEPENDS ${CMAKE_SOURCE_DIR}/scenes/${scene} ${sources} ${CMAKE_SOURCE_DIR}/src/app/cc.c
        ${CMAKE_SOURCE_DIR}/src/scene/scene_build.c lockstep_stubs ${CMAKE_BINARY_DIR}/lib/lockstep/lockstep.specs
      COMMENT "Building the programs of scene ${id}"
      VERBATIM)
    list(APPEND stamps ${stamp})
  endforeach()
  add_custom_target(scenes ALL DEPENDS ${stamps})
  add_dependencies(scenes lockstep lockstep_stubs)
  if(TARGET program)
    add_dependencies(program scenes)
  endif()
  install(DIRECTORY ${CMAKE_BINARY_DIR}/scenes/ DESTINATION ${CMAKE_INSTALL_LIBDIR}/lockstep/scenes
    USE_SOURCE_PERMISSIONS)
endif()
