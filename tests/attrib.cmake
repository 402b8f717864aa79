aud_unit(site STAGES attrib)
aud_unit(attrib STAGES attrib)
aud_fuzz(site STAGES attrib)
# Every allocation of ours on the way fails once; libyaml's own are not ours to count.
aud_unit(site_memory STAGES attrib)
target_link_options(unit_site_memory PRIVATE -Wl,--wrap=calloc,--wrap=malloc,--wrap=realloc,--wrap=reallocarray,--wrap=strdup,--wrap=strndup)
aud_unit(waive STAGES attrib)
