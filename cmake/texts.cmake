# Translations and manual pages, into the places where an installation has them.

# po/<language>/lockstep.po -> share/locale/<language>/LC_MESSAGES/lockstep.mo. The catalogue's name is its domain, so
# it is named after the program and not after the language. Target `pot` brings the template up to date.
find_program(MSGFMT msgfmt REQUIRED)
find_program(XGETTEXT xgettext REQUIRED)
file(GLOB catalogues CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} ${CMAKE_SOURCE_DIR}/po/*/lockstep.po)
set(text_files "")
foreach(catalogue IN LISTS catalogues)
  string(REGEX REPLACE "^po/(.*)/lockstep\\.po$" "\\1" language ${catalogue})
  set(folder ${CMAKE_BINARY_DIR}/share/locale/${language}/LC_MESSAGES)
  add_custom_command(OUTPUT ${folder}/lockstep.mo
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND ${MSGFMT} --check -o ${folder}/lockstep.mo ${CMAKE_SOURCE_DIR}/${catalogue}
    DEPENDS ${CMAKE_SOURCE_DIR}/${catalogue} VERBATIM)
  install(FILES ${folder}/lockstep.mo DESTINATION ${CMAKE_INSTALL_LOCALEDIR}/${language}/LC_MESSAGES)
  list(APPEND text_files ${folder}/lockstep.mo)
endforeach()
add_custom_target(pot
  COMMAND ${CMAKE_SOURCE_DIR}/scripts/pot ${CMAKE_SOURCE_DIR}/po/lockstep.pot
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR} VERBATIM)

# man/<page>.<section>.scd -> share/man/man<section>/<page>.<section>
find_program(SCDOC scdoc REQUIRED)
file(GLOB pages CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/man ${CMAKE_SOURCE_DIR}/man/*.scd)
foreach(page IN LISTS pages)
  string(REGEX REPLACE "\\.scd$" "" name ${page})
  string(REGEX REPLACE "^.*\\.([0-9])$" "\\1" section ${name})
  set(folder ${CMAKE_BINARY_DIR}/share/man/man${section})
  add_custom_command(OUTPUT ${folder}/${name}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
    COMMAND sh -c "exec \"$1\" < \"$2\" > \"$3\"" scdoc ${SCDOC} ${CMAKE_SOURCE_DIR}/man/${page} ${folder}/${name}
    DEPENDS ${CMAKE_SOURCE_DIR}/man/${page} VERBATIM)
  install(FILES ${folder}/${name} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
  list(APPEND text_files ${folder}/${name})
endforeach()

add_custom_target(texts ALL DEPENDS ${text_files})
