"""The library: datasets, models and reports that a person chose to keep.

    <folder>/library.sqlite3    the index: one row for each entry, of all users
            /key                what users' folders are named by, so that a name tells nobody's address
            /local, /u-…/       one folder for each user, in it one for each entry

Off unless a folder is set (see `engine.library.settings`). Nothing here is imported before it is needed: the frame of
every page asks only whether there is a library.
"""
