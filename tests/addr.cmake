aud_unit(addr)
