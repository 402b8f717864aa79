aud_unit(store STAGES store)
# The one test of several stages at once: the real matrix through SQLite and back, and the words of both sides.
if(TARGET stage_matrix AND TARGET stage_judge AND TARGET stage_flow AND TARGET stage_attrib)
  aud_unit(store_matrix STAGES store matrix judge flow attrib)
endif()
