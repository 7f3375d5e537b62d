"""The page that a playing instrument serves to browsers.

    face       serves it
    app        puts its parts together; door, answers and uploads guard them
    stage/     what the instrument does, and all its knobs
    imagining, mapped, dreaming    what can be asked of the studio (bridge.studio)
    static/    what browsers load
"""
