aud_unit(flow STAGES flow)
