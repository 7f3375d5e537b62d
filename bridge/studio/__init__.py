"""The studio: a process beside the players that works on what browsers ask for, so that the instrument needn't.

It sees uploaded pictures, renders soundscapes, lays out libraries, paints uploaded sounds. It is started when a browser
opens a view that needs it and ended when nobody has asked for a while; what crashes it, or fills its memory, harms
nothing else.

    wire       the messages between the page and the studio
    client     the page's side
    process    the studio's side, a process that is modest
    answering  what answers there
    tasks      what it can do
    shelf      what the tasks share
"""
