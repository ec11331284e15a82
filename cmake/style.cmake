# Targets `format`, `format-check` and `tidy`, for those who have the tools; nothing depends on them.
file(GLOB_RECURSE style_files CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/src/*.c ${CMAKE_SOURCE_DIR}/src/*.h ${CMAKE_SOURCE_DIR}/tests/unit/*.c)
file(GLOB_RECURSE tidy_files CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/*.c)
find_program(CLANG_FORMAT clang-format)
find_program(CLANG_TIDY clang-tidy)
if(CLANG_FORMAT AND style_files)
  add_custom_target(format COMMAND ${CLANG_FORMAT} -i ${style_files} VERBATIM)
  add_custom_target(format-check COMMAND ${CLANG_FORMAT} --dry-run --Werror ${style_files} VERBATIM)
endif()
if(CLANG_TIDY AND tidy_files)
  add_custom_target(tidy COMMAND ${CLANG_TIDY} --quiet -p ${CMAKE_BINARY_DIR} ${tidy_files} VERBATIM)
endif()
