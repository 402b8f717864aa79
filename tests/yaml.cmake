aud_unit(yaml)
aud_fuzz(yaml)
