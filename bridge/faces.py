"""Everything by which a playing instrument meets the outside, put together."""

from collections.abc import Callable, Sequence
from pathlib import Path

from bridge.desk import Desk
from bridge.mapping.file import NAME
from bridge.mapping.mapper import Mapper
from bridge.midi import MidiPorts
from bridge.midi_controllers import MidiControllers
from bridge.osc import OscFace
from bridge.osc_out import State
from bridge.oscquery.face import OscQueryFace
from bridge.oscquery.hostinfo import HostInfo
from bridge.outputs.face import OutputsFace
from bridge.page.face import PageFace
from bridge.tempo import TempoFace
from engine.conductor import Conductor
from engine.show import Show


class Faces:
    """The faces of one instrument, as its show wants them.

    classes: names of the scene classes. say: told what a person should know. Raises UserError if a port is taken or
    something that is asked for is not installed.
    """

    def __init__(self, conductor: Conductor, show: Show, classes: Sequence[str],
                 say: Callable[[str], None]) -> None:
        session = conductor.session
        self._outputs = OutputsFace(session, show.outputs, say)
        self.mapper = Mapper(session, classes, Path(show.mapping or NAME), say)
        names, clock = show.midi.controllers, show.tempo.midi_in or show.tempo.midi_out
        launch = conductor.cues.launch_program
        controllers = MidiControllers(session, names, self.mapper, launch, say) if names else None
        self._midi = MidiPorts(session, show.tempo, say, controllers) if clock or controllers else None
        self._tempo = TempoFace(session, show.tempo, say, self._midi)
        conductor.cues.use_mapping = self.mapper.use
        self.desk = Desk(conductor.morpher, self._tempo.tap, conductor.cues, learner=self.mapper, listener=self.mapper,
                         outputs=self._outputs)
        self._osc = OscFace(session, show.osc, self.desk, say)
        self._oscquery: OscQueryFace | None = None
        if show.oscquery.listen:
            state = State(session, conductor.morpher, self.desk.cues, self._osc.activity.messages)
            info = HostInfo(show.name, self._osc.host, self._osc.port)
            self._oscquery = OscQueryFace(session, state, show.oscquery, info, self.desk, show.osc.rate_hz, say)

        self._page: PageFace | None = None
        if show.page.listen:
            state = State(session, conductor.morpher, self.desk.cues, self._osc.activity.messages)
            self._page = PageFace(session, state, show.page, show.name, self.desk, say)

    @property
    def page_address(self) -> str:
        """Where browsers find the page, with its token if it has one; "" if there is none."""
        return self._page.address if self._page else ""

    def start(self) -> None:
        """Begin to listen and to tell."""
        self._tempo.start()
        self.mapper.start()
        self._osc.start()
        if self._oscquery:
            self._oscquery.start()
        if self._page:
            self._page.start()
        self._outputs.start()

    def close(self) -> None:
        """Stop listening and telling, and give back ports and network."""
        if self._page:
            self._page.close()
        if self._oscquery:
            self._oscquery.close()
        self._osc.close()
        self._outputs.close()
        self.mapper.close()
        self._tempo.close()
        if self._midi:
            self._midi.close()
