"""What the pages share. `state` is the only owner of session keys; `cached` is the only caller of slow engine parts."""
