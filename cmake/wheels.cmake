# Read right after project() when this package is built against the ROS 2 wheels of PyPI: by pip (see
# pyproject.toml), or by colcon with -DCMAKE_PROJECT_INCLUDE. A build on a ROS installation does not
# read it.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
execute_process(COMMAND "${Python3_EXECUTABLE}" -c "import sys; print(sys.prefix)"
  OUTPUT_VARIABLE _prefix OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
list(PREPEND CMAKE_PREFIX_PATH "${_prefix}")
set(ENV{AMENT_PREFIX_PATH} "${_prefix}")

function(_drop_interface_includes regex)
  foreach(_target IN LISTS ARGN)
    get_target_property(_dirs ${_target} INTERFACE_INCLUDE_DIRECTORIES)
    if(_dirs)
      list(FILTER _dirs EXCLUDE REGEX "${regex}")
      set_target_properties(${_target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${_dirs}")
    endif()
  endforeach()
endfunction()

function(_mend_include_directories)
  # The wheels' exported targets name the include folder of the Python that built them
  # (/opt/python/cp311-cp311/...), which CMake refuses because it is not here.
  get_property(_imported DIRECTORY PROPERTY IMPORTED_TARGETS)
  _drop_interface_includes("^/opt/python/cp[0-9]" ${_imported})
  # With the environment inside the checkout (.venv), numpy's include folder looks like a source
  # folder, which CMake refuses to export. Nobody links against the Python bindings.
  get_property(_built DIRECTORY PROPERTY BUILDSYSTEM_TARGETS)
  _drop_interface_includes("/numpy/_?core/include" ${_built})
endfunction()
cmake_language(DEFER CALL _mend_include_directories)
