aud_unit(community_id STAGES watch)
