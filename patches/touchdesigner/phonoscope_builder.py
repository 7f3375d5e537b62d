"""Builds the component `phonoscope` in TouchDesigner: OSC in and out, every knob as a parameter, events, the picture.

Run it in a Text DAT (right click, Run Script) or in the textport:
exec(open("phonoscope_builder.py").read()). Run it again after an update of Phonoscope: it changes only what it made,
inside the component, and keeps values, wires and what you wrote into `your_events`.
"""

from typing import Any

import td

LISTEN = 9001
HOST = '127.0.0.1'
PORT = 9000
FRAMES = ''
KNOBS = (
    ('master/gain', 'Master', 'Float', 'Mastergain', 'Gain', -60.0, 6.0, 0.0, (), 'Level of everything; the lowest value is silence. (dB)'),
    ('master/ceiling', 'Master', 'Float', 'Masterceiling', 'Ceiling', -24.0, -1.0, -1.0, (), 'True-peak ceiling of the limiter. (dBTP)'),
    ('master/panic', 'Master', 'Toggle', 'Masterpanic', 'Panic', 0, 1, False, (), '1 fades to silence in 50 ms and stays; 0 plays again.'),
    ('master/record', 'Master', 'Toggle', 'Masterrecord', 'Record', 0, 1, False, (), '1 records everything that is played, all channels.'),
    ('crossfade/time', 'Crossfade', 'Float', 'Crossfadetime', 'Time', 0.005, 60.0, 4.0, (), 'Crossfade when the match drifts to other clips. (s)'),
    ('crossfade/cut', 'Crossfade', 'Float', 'Crossfadecut', 'Cut', 0.005, 60.0, 0.6, (), 'Crossfade after a scene cut. (s)'),
    ('crossfade/shape', 'Crossfade', 'Menu', 'Crossfadeshape', 'Shape', 0, 2, '0', (('0', 'equal power'), ('1', 'linear'), ('2', 'an S-curve')), 'Course of crossfades: 0 equal power, 1 linear, 2 an S-curve.'),
    ('tempo/source', 'Tempo', 'Menu', 'Temposource', 'Source', 0, 3, '0', (('0', 'the internal clock'), ('1', 'MIDI clock'), ('2', 'the beat that is heard'), ('3', 'Ableton Link')), 'Who keeps time: 0 the internal clock, 1 MIDI clock, 2 the beat that is heard, 3 Ableton Link.'),
    ('tempo/bpm', 'Tempo', 'Float', 'Tempobpm', 'Bpm', 20.0, 300.0, 120.0, (), 'Tempo of the internal clock. (BPM)'),
    ('tempo/bar', 'Tempo', 'Int', 'Tempobar', 'Bar', 1, 16, 4, (), 'Length of a bar. (beats)'),
    ('reverb/gain', 'Reverb', 'Float', 'Reverbgain', 'Gain', -60.0, 6.0, 0.0, (), 'Level of the shared reverb; the lowest value is silence. (dB)'),
    ('reverb/time', 'Reverb', 'Float', 'Reverbtime', 'Time', 0.2, 30.0, 2.5, (), 'Time in which the reverb falls by 60 dB. (s)'),
    ('reverb/damping', 'Reverb', 'Float', 'Reverbdamping', 'Damping', 500.0, 20000.0, 6000.0, (), 'Above this frequency the reverb fades faster. (Hz)'),
    ('morph/position', 'Morph', 'Float', 'Morphposition', 'Position', 0.0, 1.0, 0.0, (), 'Between the two snapshots of a morph: 0 is the first, 1 the second.'),
    ('match/layers', 'Match', 'Int', 'Matchlayers', 'Layers', 1, 16, 3, (), 'How many clips sound at once. (layers)'),
    ('match/quantise', 'Match', 'Menu', 'Matchquantise', 'Quantise', 0, 2, '0', (('0', 'at once'), ('1', 'on the beat'), ('2', 'on the bar')), 'When new clips begin: 0 at once, 1 on the beat, 2 on the bar.'),
    ('match/smoothing', 'Match', 'Float', 'Matchsmoothing', 'Smoothing', 0.0, 30.0, 1.0, (), 'Time constant over which scenes are averaged. (s)'),
    ('match/cut', 'Match', 'Float', 'Matchcut', 'Cut', 0.05, 1.0, 0.5, (), 'Change between pictures that counts as a scene cut (total variation, 0 to 1).'),
    ('match/hysteresis', 'Match', 'Float', 'Matchhysteresis', 'Hysteresis', 0.0, 2.0, 0.15, (), 'How much better a clip must match than a playing one before it takes its layer. (nats)'),
    ('match/hold', 'Match', 'Float', 'Matchhold', 'Hold', 0.0, 60.0, 2.0, (), 'Shortest time that a layer keeps its clip, except at a cut. (s)'),
    ('match/focus', 'Match', 'Float', 'Matchfocus', 'Focus', 0.05, 5.0, 0.5, (), "How fast a layer's level falls with its distance from the best match; small favours the best. (nats)"),
    ('match/diversity', 'Match', 'Toggle', 'Matchdiversity', 'Diversity', 0, 1, True, (), '1 allows one clip of a class at a time.'),
    ('match/freeze', 'Match', 'Toggle', 'Matchfreeze', 'Freeze', 0, 1, False, (), '1 holds the present layers whatever the camera sees.'),
    ('listen/gate', 'Listen', 'Float', 'Listengate', 'Gate', -90.0, 0.0, -60.0, (), 'Input below this level makes no onsets. (dBFS)'),
    ('listen/sensitivity', 'Listen', 'Float', 'Listensensitivity', 'Sensitivity', 0.0, 1.0, 0.5, (), 'How readily an onset is reported.'),
    ('dream/rate', 'Dream', 'Float', 'Dreamrate', 'Rate', 1.0, 120.0, 30.0, (), 'Pictures painted each second. (frames/s)'),
    ('dream/speed', 'Dream', 'Float', 'Dreamspeed', 'Speed', 0.0, 4.0, 0.2, (), 'How fast the dream wanders. (places/s)'),
    ('dream/chaos', 'Dream', 'Float', 'Dreamchaos', 'Chaos', 0.0, 1.0, 0.1, (), 'Part of a second wandering, eight times as fast, in the first.'),
    ('dream/step', 'Dream', 'Float', 'Dreamstep', 'Step', 0.0, 4.0, 0.0, (), 'Every so many beats the dream steps to the next place and stays there; 0 lets it glide. (beats)'),
    ('dream/jump', 'Dream', 'Float', 'Dreamjump', 'Jump', 0.0, 2.0, 0.3, (), 'How far an onset of full strength throws it. (places)'),
    ('dream/truncation', 'Dream', 'Float', 'Dreamtruncation', 'Truncation', 0.0, 1.5, 0.8, (), "How far places lie from the middle: 0 paints the sound's typical picture, 1 all there are."),
    ('dream/smoothing', 'Dream', 'Float', 'Dreamsmoothing', 'Smoothing', 0.0, 10.0, 0.1, (), 'Time constant with which it follows the sound. (s)'),
    ('dream/feedback', 'Dream', 'Float', 'Dreamfeedback', 'Feedback', 0.0, 0.98, 0.2, (), 'What is left of a picture after a 25th of a second, slowly growing, under the new one.'),
    ('dream/palette', 'Dream', 'Float', 'Dreampalette', 'Palette', 0.0, 1.0, 0.0, (), 'How far the dream takes on the colours of what the camera sees.'),
    ('dream/scale', 'Dream', 'Float', 'Dreamscale', 'Scale', 0.0, 2.0, 0.2, (), 'How much the loudest sound magnifies the picture. (x)'),
    ('layer/1/gain', 'Layer 1', 'Float', 'Layer1gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/1/pan', 'Layer 1', 'Float', 'Layer1pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/1/azimuth', 'Layer 1', 'Float', 'Layer1azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/1/width', 'Layer 1', 'Float', 'Layer1width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/1/highpass', 'Layer 1', 'Float', 'Layer1highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/1/lowpass', 'Layer 1', 'Float', 'Layer1lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/1/send', 'Layer 1', 'Float', 'Layer1send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/1/source', 'Layer 1', 'Menu', 'Layer1source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/1/mode', 'Layer 1', 'Menu', 'Layer1mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/1/position', 'Layer 1', 'Float', 'Layer1position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/1/position_jitter', 'Layer 1', 'Float', 'Layer1positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/1/speed', 'Layer 1', 'Float', 'Layer1speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/1/freeze', 'Layer 1', 'Toggle', 'Layer1freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/1/duration', 'Layer 1', 'Float', 'Layer1duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/1/emission', 'Layer 1', 'Menu', 'Layer1emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/1/density', 'Layer 1', 'Float', 'Layer1density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/1/density_jitter', 'Layer 1', 'Float', 'Layer1densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/1/burst', 'Layer 1', 'Int', 'Layer1burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/1/division', 'Layer 1', 'Float', 'Layer1division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/1/pitch', 'Layer 1', 'Float', 'Layer1pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/1/pitch_jitter', 'Layer 1', 'Float', 'Layer1pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/1/pan_spread', 'Layer 1', 'Float', 'Layer1panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/1/shape', 'Layer 1', 'Menu', 'Layer1shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/1/envelope', 'Layer 1', 'Float', 'Layer1envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/1/interpolation', 'Layer 1', 'Menu', 'Layer1interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/1/reverse', 'Layer 1', 'Float', 'Layer1reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/2/gain', 'Layer 2', 'Float', 'Layer2gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/2/pan', 'Layer 2', 'Float', 'Layer2pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/2/azimuth', 'Layer 2', 'Float', 'Layer2azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/2/width', 'Layer 2', 'Float', 'Layer2width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/2/highpass', 'Layer 2', 'Float', 'Layer2highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/2/lowpass', 'Layer 2', 'Float', 'Layer2lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/2/send', 'Layer 2', 'Float', 'Layer2send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/2/source', 'Layer 2', 'Menu', 'Layer2source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/2/mode', 'Layer 2', 'Menu', 'Layer2mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/2/position', 'Layer 2', 'Float', 'Layer2position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/2/position_jitter', 'Layer 2', 'Float', 'Layer2positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/2/speed', 'Layer 2', 'Float', 'Layer2speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/2/freeze', 'Layer 2', 'Toggle', 'Layer2freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/2/duration', 'Layer 2', 'Float', 'Layer2duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/2/emission', 'Layer 2', 'Menu', 'Layer2emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/2/density', 'Layer 2', 'Float', 'Layer2density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/2/density_jitter', 'Layer 2', 'Float', 'Layer2densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/2/burst', 'Layer 2', 'Int', 'Layer2burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/2/division', 'Layer 2', 'Float', 'Layer2division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/2/pitch', 'Layer 2', 'Float', 'Layer2pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/2/pitch_jitter', 'Layer 2', 'Float', 'Layer2pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/2/pan_spread', 'Layer 2', 'Float', 'Layer2panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/2/shape', 'Layer 2', 'Menu', 'Layer2shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/2/envelope', 'Layer 2', 'Float', 'Layer2envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/2/interpolation', 'Layer 2', 'Menu', 'Layer2interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/2/reverse', 'Layer 2', 'Float', 'Layer2reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/3/gain', 'Layer 3', 'Float', 'Layer3gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/3/pan', 'Layer 3', 'Float', 'Layer3pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/3/azimuth', 'Layer 3', 'Float', 'Layer3azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/3/width', 'Layer 3', 'Float', 'Layer3width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/3/highpass', 'Layer 3', 'Float', 'Layer3highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/3/lowpass', 'Layer 3', 'Float', 'Layer3lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/3/send', 'Layer 3', 'Float', 'Layer3send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/3/source', 'Layer 3', 'Menu', 'Layer3source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/3/mode', 'Layer 3', 'Menu', 'Layer3mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/3/position', 'Layer 3', 'Float', 'Layer3position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/3/position_jitter', 'Layer 3', 'Float', 'Layer3positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/3/speed', 'Layer 3', 'Float', 'Layer3speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/3/freeze', 'Layer 3', 'Toggle', 'Layer3freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/3/duration', 'Layer 3', 'Float', 'Layer3duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/3/emission', 'Layer 3', 'Menu', 'Layer3emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/3/density', 'Layer 3', 'Float', 'Layer3density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/3/density_jitter', 'Layer 3', 'Float', 'Layer3densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/3/burst', 'Layer 3', 'Int', 'Layer3burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/3/division', 'Layer 3', 'Float', 'Layer3division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/3/pitch', 'Layer 3', 'Float', 'Layer3pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/3/pitch_jitter', 'Layer 3', 'Float', 'Layer3pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/3/pan_spread', 'Layer 3', 'Float', 'Layer3panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/3/shape', 'Layer 3', 'Menu', 'Layer3shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/3/envelope', 'Layer 3', 'Float', 'Layer3envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/3/interpolation', 'Layer 3', 'Menu', 'Layer3interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/3/reverse', 'Layer 3', 'Float', 'Layer3reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/4/gain', 'Layer 4', 'Float', 'Layer4gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/4/pan', 'Layer 4', 'Float', 'Layer4pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/4/azimuth', 'Layer 4', 'Float', 'Layer4azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/4/width', 'Layer 4', 'Float', 'Layer4width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/4/highpass', 'Layer 4', 'Float', 'Layer4highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/4/lowpass', 'Layer 4', 'Float', 'Layer4lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/4/send', 'Layer 4', 'Float', 'Layer4send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/4/source', 'Layer 4', 'Menu', 'Layer4source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/4/mode', 'Layer 4', 'Menu', 'Layer4mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/4/position', 'Layer 4', 'Float', 'Layer4position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/4/position_jitter', 'Layer 4', 'Float', 'Layer4positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/4/speed', 'Layer 4', 'Float', 'Layer4speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/4/freeze', 'Layer 4', 'Toggle', 'Layer4freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/4/duration', 'Layer 4', 'Float', 'Layer4duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/4/emission', 'Layer 4', 'Menu', 'Layer4emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/4/density', 'Layer 4', 'Float', 'Layer4density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/4/density_jitter', 'Layer 4', 'Float', 'Layer4densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/4/burst', 'Layer 4', 'Int', 'Layer4burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/4/division', 'Layer 4', 'Float', 'Layer4division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/4/pitch', 'Layer 4', 'Float', 'Layer4pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/4/pitch_jitter', 'Layer 4', 'Float', 'Layer4pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/4/pan_spread', 'Layer 4', 'Float', 'Layer4panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/4/shape', 'Layer 4', 'Menu', 'Layer4shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/4/envelope', 'Layer 4', 'Float', 'Layer4envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/4/interpolation', 'Layer 4', 'Menu', 'Layer4interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/4/reverse', 'Layer 4', 'Float', 'Layer4reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/5/gain', 'Layer 5', 'Float', 'Layer5gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/5/pan', 'Layer 5', 'Float', 'Layer5pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/5/azimuth', 'Layer 5', 'Float', 'Layer5azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/5/width', 'Layer 5', 'Float', 'Layer5width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/5/highpass', 'Layer 5', 'Float', 'Layer5highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/5/lowpass', 'Layer 5', 'Float', 'Layer5lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/5/send', 'Layer 5', 'Float', 'Layer5send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/5/source', 'Layer 5', 'Menu', 'Layer5source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/5/mode', 'Layer 5', 'Menu', 'Layer5mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/5/position', 'Layer 5', 'Float', 'Layer5position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/5/position_jitter', 'Layer 5', 'Float', 'Layer5positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/5/speed', 'Layer 5', 'Float', 'Layer5speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/5/freeze', 'Layer 5', 'Toggle', 'Layer5freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/5/duration', 'Layer 5', 'Float', 'Layer5duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/5/emission', 'Layer 5', 'Menu', 'Layer5emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/5/density', 'Layer 5', 'Float', 'Layer5density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/5/density_jitter', 'Layer 5', 'Float', 'Layer5densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/5/burst', 'Layer 5', 'Int', 'Layer5burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/5/division', 'Layer 5', 'Float', 'Layer5division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/5/pitch', 'Layer 5', 'Float', 'Layer5pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/5/pitch_jitter', 'Layer 5', 'Float', 'Layer5pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/5/pan_spread', 'Layer 5', 'Float', 'Layer5panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/5/shape', 'Layer 5', 'Menu', 'Layer5shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/5/envelope', 'Layer 5', 'Float', 'Layer5envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/5/interpolation', 'Layer 5', 'Menu', 'Layer5interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/5/reverse', 'Layer 5', 'Float', 'Layer5reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/6/gain', 'Layer 6', 'Float', 'Layer6gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/6/pan', 'Layer 6', 'Float', 'Layer6pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/6/azimuth', 'Layer 6', 'Float', 'Layer6azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/6/width', 'Layer 6', 'Float', 'Layer6width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/6/highpass', 'Layer 6', 'Float', 'Layer6highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/6/lowpass', 'Layer 6', 'Float', 'Layer6lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/6/send', 'Layer 6', 'Float', 'Layer6send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/6/source', 'Layer 6', 'Menu', 'Layer6source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/6/mode', 'Layer 6', 'Menu', 'Layer6mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/6/position', 'Layer 6', 'Float', 'Layer6position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/6/position_jitter', 'Layer 6', 'Float', 'Layer6positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/6/speed', 'Layer 6', 'Float', 'Layer6speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/6/freeze', 'Layer 6', 'Toggle', 'Layer6freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/6/duration', 'Layer 6', 'Float', 'Layer6duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/6/emission', 'Layer 6', 'Menu', 'Layer6emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/6/density', 'Layer 6', 'Float', 'Layer6density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/6/density_jitter', 'Layer 6', 'Float', 'Layer6densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/6/burst', 'Layer 6', 'Int', 'Layer6burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/6/division', 'Layer 6', 'Float', 'Layer6division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/6/pitch', 'Layer 6', 'Float', 'Layer6pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/6/pitch_jitter', 'Layer 6', 'Float', 'Layer6pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/6/pan_spread', 'Layer 6', 'Float', 'Layer6panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/6/shape', 'Layer 6', 'Menu', 'Layer6shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/6/envelope', 'Layer 6', 'Float', 'Layer6envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/6/interpolation', 'Layer 6', 'Menu', 'Layer6interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/6/reverse', 'Layer 6', 'Float', 'Layer6reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/7/gain', 'Layer 7', 'Float', 'Layer7gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/7/pan', 'Layer 7', 'Float', 'Layer7pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/7/azimuth', 'Layer 7', 'Float', 'Layer7azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/7/width', 'Layer 7', 'Float', 'Layer7width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/7/highpass', 'Layer 7', 'Float', 'Layer7highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/7/lowpass', 'Layer 7', 'Float', 'Layer7lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/7/send', 'Layer 7', 'Float', 'Layer7send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/7/source', 'Layer 7', 'Menu', 'Layer7source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/7/mode', 'Layer 7', 'Menu', 'Layer7mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/7/position', 'Layer 7', 'Float', 'Layer7position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/7/position_jitter', 'Layer 7', 'Float', 'Layer7positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/7/speed', 'Layer 7', 'Float', 'Layer7speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/7/freeze', 'Layer 7', 'Toggle', 'Layer7freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/7/duration', 'Layer 7', 'Float', 'Layer7duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/7/emission', 'Layer 7', 'Menu', 'Layer7emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/7/density', 'Layer 7', 'Float', 'Layer7density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/7/density_jitter', 'Layer 7', 'Float', 'Layer7densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/7/burst', 'Layer 7', 'Int', 'Layer7burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/7/division', 'Layer 7', 'Float', 'Layer7division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/7/pitch', 'Layer 7', 'Float', 'Layer7pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/7/pitch_jitter', 'Layer 7', 'Float', 'Layer7pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/7/pan_spread', 'Layer 7', 'Float', 'Layer7panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/7/shape', 'Layer 7', 'Menu', 'Layer7shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/7/envelope', 'Layer 7', 'Float', 'Layer7envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/7/interpolation', 'Layer 7', 'Menu', 'Layer7interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/7/reverse', 'Layer 7', 'Float', 'Layer7reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/8/gain', 'Layer 8', 'Float', 'Layer8gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/8/pan', 'Layer 8', 'Float', 'Layer8pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/8/azimuth', 'Layer 8', 'Float', 'Layer8azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/8/width', 'Layer 8', 'Float', 'Layer8width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/8/highpass', 'Layer 8', 'Float', 'Layer8highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/8/lowpass', 'Layer 8', 'Float', 'Layer8lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/8/send', 'Layer 8', 'Float', 'Layer8send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/8/source', 'Layer 8', 'Menu', 'Layer8source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/8/mode', 'Layer 8', 'Menu', 'Layer8mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/8/position', 'Layer 8', 'Float', 'Layer8position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/8/position_jitter', 'Layer 8', 'Float', 'Layer8positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/8/speed', 'Layer 8', 'Float', 'Layer8speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/8/freeze', 'Layer 8', 'Toggle', 'Layer8freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/8/duration', 'Layer 8', 'Float', 'Layer8duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/8/emission', 'Layer 8', 'Menu', 'Layer8emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/8/density', 'Layer 8', 'Float', 'Layer8density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/8/density_jitter', 'Layer 8', 'Float', 'Layer8densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/8/burst', 'Layer 8', 'Int', 'Layer8burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/8/division', 'Layer 8', 'Float', 'Layer8division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/8/pitch', 'Layer 8', 'Float', 'Layer8pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/8/pitch_jitter', 'Layer 8', 'Float', 'Layer8pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/8/pan_spread', 'Layer 8', 'Float', 'Layer8panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/8/shape', 'Layer 8', 'Menu', 'Layer8shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/8/envelope', 'Layer 8', 'Float', 'Layer8envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/8/interpolation', 'Layer 8', 'Menu', 'Layer8interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/8/reverse', 'Layer 8', 'Float', 'Layer8reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/9/gain', 'Layer 9', 'Float', 'Layer9gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/9/pan', 'Layer 9', 'Float', 'Layer9pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/9/azimuth', 'Layer 9', 'Float', 'Layer9azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/9/width', 'Layer 9', 'Float', 'Layer9width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/9/highpass', 'Layer 9', 'Float', 'Layer9highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/9/lowpass', 'Layer 9', 'Float', 'Layer9lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/9/send', 'Layer 9', 'Float', 'Layer9send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/9/source', 'Layer 9', 'Menu', 'Layer9source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/9/mode', 'Layer 9', 'Menu', 'Layer9mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/9/position', 'Layer 9', 'Float', 'Layer9position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/9/position_jitter', 'Layer 9', 'Float', 'Layer9positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/9/speed', 'Layer 9', 'Float', 'Layer9speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/9/freeze', 'Layer 9', 'Toggle', 'Layer9freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/9/duration', 'Layer 9', 'Float', 'Layer9duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/9/emission', 'Layer 9', 'Menu', 'Layer9emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/9/density', 'Layer 9', 'Float', 'Layer9density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/9/density_jitter', 'Layer 9', 'Float', 'Layer9densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/9/burst', 'Layer 9', 'Int', 'Layer9burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/9/division', 'Layer 9', 'Float', 'Layer9division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/9/pitch', 'Layer 9', 'Float', 'Layer9pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/9/pitch_jitter', 'Layer 9', 'Float', 'Layer9pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/9/pan_spread', 'Layer 9', 'Float', 'Layer9panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/9/shape', 'Layer 9', 'Menu', 'Layer9shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/9/envelope', 'Layer 9', 'Float', 'Layer9envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/9/interpolation', 'Layer 9', 'Menu', 'Layer9interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/9/reverse', 'Layer 9', 'Float', 'Layer9reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/10/gain', 'Layer 10', 'Float', 'Layer10gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/10/pan', 'Layer 10', 'Float', 'Layer10pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/10/azimuth', 'Layer 10', 'Float', 'Layer10azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/10/width', 'Layer 10', 'Float', 'Layer10width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/10/highpass', 'Layer 10', 'Float', 'Layer10highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/10/lowpass', 'Layer 10', 'Float', 'Layer10lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/10/send', 'Layer 10', 'Float', 'Layer10send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/10/source', 'Layer 10', 'Menu', 'Layer10source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/10/mode', 'Layer 10', 'Menu', 'Layer10mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/10/position', 'Layer 10', 'Float', 'Layer10position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/10/position_jitter', 'Layer 10', 'Float', 'Layer10positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/10/speed', 'Layer 10', 'Float', 'Layer10speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/10/freeze', 'Layer 10', 'Toggle', 'Layer10freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/10/duration', 'Layer 10', 'Float', 'Layer10duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/10/emission', 'Layer 10', 'Menu', 'Layer10emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/10/density', 'Layer 10', 'Float', 'Layer10density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/10/density_jitter', 'Layer 10', 'Float', 'Layer10densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/10/burst', 'Layer 10', 'Int', 'Layer10burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/10/division', 'Layer 10', 'Float', 'Layer10division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/10/pitch', 'Layer 10', 'Float', 'Layer10pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/10/pitch_jitter', 'Layer 10', 'Float', 'Layer10pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/10/pan_spread', 'Layer 10', 'Float', 'Layer10panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/10/shape', 'Layer 10', 'Menu', 'Layer10shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/10/envelope', 'Layer 10', 'Float', 'Layer10envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/10/interpolation', 'Layer 10', 'Menu', 'Layer10interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/10/reverse', 'Layer 10', 'Float', 'Layer10reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/11/gain', 'Layer 11', 'Float', 'Layer11gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/11/pan', 'Layer 11', 'Float', 'Layer11pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/11/azimuth', 'Layer 11', 'Float', 'Layer11azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/11/width', 'Layer 11', 'Float', 'Layer11width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/11/highpass', 'Layer 11', 'Float', 'Layer11highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/11/lowpass', 'Layer 11', 'Float', 'Layer11lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/11/send', 'Layer 11', 'Float', 'Layer11send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/11/source', 'Layer 11', 'Menu', 'Layer11source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/11/mode', 'Layer 11', 'Menu', 'Layer11mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/11/position', 'Layer 11', 'Float', 'Layer11position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/11/position_jitter', 'Layer 11', 'Float', 'Layer11positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/11/speed', 'Layer 11', 'Float', 'Layer11speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/11/freeze', 'Layer 11', 'Toggle', 'Layer11freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/11/duration', 'Layer 11', 'Float', 'Layer11duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/11/emission', 'Layer 11', 'Menu', 'Layer11emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/11/density', 'Layer 11', 'Float', 'Layer11density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/11/density_jitter', 'Layer 11', 'Float', 'Layer11densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/11/burst', 'Layer 11', 'Int', 'Layer11burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/11/division', 'Layer 11', 'Float', 'Layer11division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/11/pitch', 'Layer 11', 'Float', 'Layer11pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/11/pitch_jitter', 'Layer 11', 'Float', 'Layer11pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/11/pan_spread', 'Layer 11', 'Float', 'Layer11panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/11/shape', 'Layer 11', 'Menu', 'Layer11shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/11/envelope', 'Layer 11', 'Float', 'Layer11envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/11/interpolation', 'Layer 11', 'Menu', 'Layer11interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/11/reverse', 'Layer 11', 'Float', 'Layer11reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/12/gain', 'Layer 12', 'Float', 'Layer12gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/12/pan', 'Layer 12', 'Float', 'Layer12pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/12/azimuth', 'Layer 12', 'Float', 'Layer12azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/12/width', 'Layer 12', 'Float', 'Layer12width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/12/highpass', 'Layer 12', 'Float', 'Layer12highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/12/lowpass', 'Layer 12', 'Float', 'Layer12lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/12/send', 'Layer 12', 'Float', 'Layer12send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/12/source', 'Layer 12', 'Menu', 'Layer12source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/12/mode', 'Layer 12', 'Menu', 'Layer12mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/12/position', 'Layer 12', 'Float', 'Layer12position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/12/position_jitter', 'Layer 12', 'Float', 'Layer12positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/12/speed', 'Layer 12', 'Float', 'Layer12speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/12/freeze', 'Layer 12', 'Toggle', 'Layer12freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/12/duration', 'Layer 12', 'Float', 'Layer12duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/12/emission', 'Layer 12', 'Menu', 'Layer12emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/12/density', 'Layer 12', 'Float', 'Layer12density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/12/density_jitter', 'Layer 12', 'Float', 'Layer12densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/12/burst', 'Layer 12', 'Int', 'Layer12burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/12/division', 'Layer 12', 'Float', 'Layer12division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/12/pitch', 'Layer 12', 'Float', 'Layer12pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/12/pitch_jitter', 'Layer 12', 'Float', 'Layer12pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/12/pan_spread', 'Layer 12', 'Float', 'Layer12panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/12/shape', 'Layer 12', 'Menu', 'Layer12shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/12/envelope', 'Layer 12', 'Float', 'Layer12envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/12/interpolation', 'Layer 12', 'Menu', 'Layer12interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/12/reverse', 'Layer 12', 'Float', 'Layer12reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/13/gain', 'Layer 13', 'Float', 'Layer13gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/13/pan', 'Layer 13', 'Float', 'Layer13pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/13/azimuth', 'Layer 13', 'Float', 'Layer13azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/13/width', 'Layer 13', 'Float', 'Layer13width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/13/highpass', 'Layer 13', 'Float', 'Layer13highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/13/lowpass', 'Layer 13', 'Float', 'Layer13lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/13/send', 'Layer 13', 'Float', 'Layer13send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/13/source', 'Layer 13', 'Menu', 'Layer13source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/13/mode', 'Layer 13', 'Menu', 'Layer13mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/13/position', 'Layer 13', 'Float', 'Layer13position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/13/position_jitter', 'Layer 13', 'Float', 'Layer13positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/13/speed', 'Layer 13', 'Float', 'Layer13speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/13/freeze', 'Layer 13', 'Toggle', 'Layer13freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/13/duration', 'Layer 13', 'Float', 'Layer13duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/13/emission', 'Layer 13', 'Menu', 'Layer13emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/13/density', 'Layer 13', 'Float', 'Layer13density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/13/density_jitter', 'Layer 13', 'Float', 'Layer13densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/13/burst', 'Layer 13', 'Int', 'Layer13burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/13/division', 'Layer 13', 'Float', 'Layer13division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/13/pitch', 'Layer 13', 'Float', 'Layer13pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/13/pitch_jitter', 'Layer 13', 'Float', 'Layer13pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/13/pan_spread', 'Layer 13', 'Float', 'Layer13panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/13/shape', 'Layer 13', 'Menu', 'Layer13shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/13/envelope', 'Layer 13', 'Float', 'Layer13envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/13/interpolation', 'Layer 13', 'Menu', 'Layer13interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/13/reverse', 'Layer 13', 'Float', 'Layer13reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/14/gain', 'Layer 14', 'Float', 'Layer14gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/14/pan', 'Layer 14', 'Float', 'Layer14pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/14/azimuth', 'Layer 14', 'Float', 'Layer14azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/14/width', 'Layer 14', 'Float', 'Layer14width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/14/highpass', 'Layer 14', 'Float', 'Layer14highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/14/lowpass', 'Layer 14', 'Float', 'Layer14lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/14/send', 'Layer 14', 'Float', 'Layer14send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/14/source', 'Layer 14', 'Menu', 'Layer14source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/14/mode', 'Layer 14', 'Menu', 'Layer14mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/14/position', 'Layer 14', 'Float', 'Layer14position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/14/position_jitter', 'Layer 14', 'Float', 'Layer14positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/14/speed', 'Layer 14', 'Float', 'Layer14speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/14/freeze', 'Layer 14', 'Toggle', 'Layer14freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/14/duration', 'Layer 14', 'Float', 'Layer14duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/14/emission', 'Layer 14', 'Menu', 'Layer14emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/14/density', 'Layer 14', 'Float', 'Layer14density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/14/density_jitter', 'Layer 14', 'Float', 'Layer14densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/14/burst', 'Layer 14', 'Int', 'Layer14burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/14/division', 'Layer 14', 'Float', 'Layer14division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/14/pitch', 'Layer 14', 'Float', 'Layer14pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/14/pitch_jitter', 'Layer 14', 'Float', 'Layer14pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/14/pan_spread', 'Layer 14', 'Float', 'Layer14panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/14/shape', 'Layer 14', 'Menu', 'Layer14shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/14/envelope', 'Layer 14', 'Float', 'Layer14envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/14/interpolation', 'Layer 14', 'Menu', 'Layer14interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/14/reverse', 'Layer 14', 'Float', 'Layer14reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/15/gain', 'Layer 15', 'Float', 'Layer15gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/15/pan', 'Layer 15', 'Float', 'Layer15pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/15/azimuth', 'Layer 15', 'Float', 'Layer15azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/15/width', 'Layer 15', 'Float', 'Layer15width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/15/highpass', 'Layer 15', 'Float', 'Layer15highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/15/lowpass', 'Layer 15', 'Float', 'Layer15lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/15/send', 'Layer 15', 'Float', 'Layer15send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/15/source', 'Layer 15', 'Menu', 'Layer15source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/15/mode', 'Layer 15', 'Menu', 'Layer15mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/15/position', 'Layer 15', 'Float', 'Layer15position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/15/position_jitter', 'Layer 15', 'Float', 'Layer15positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/15/speed', 'Layer 15', 'Float', 'Layer15speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/15/freeze', 'Layer 15', 'Toggle', 'Layer15freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/15/duration', 'Layer 15', 'Float', 'Layer15duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/15/emission', 'Layer 15', 'Menu', 'Layer15emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/15/density', 'Layer 15', 'Float', 'Layer15density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/15/density_jitter', 'Layer 15', 'Float', 'Layer15densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/15/burst', 'Layer 15', 'Int', 'Layer15burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/15/division', 'Layer 15', 'Float', 'Layer15division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/15/pitch', 'Layer 15', 'Float', 'Layer15pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/15/pitch_jitter', 'Layer 15', 'Float', 'Layer15pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/15/pan_spread', 'Layer 15', 'Float', 'Layer15panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/15/shape', 'Layer 15', 'Menu', 'Layer15shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/15/envelope', 'Layer 15', 'Float', 'Layer15envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/15/interpolation', 'Layer 15', 'Menu', 'Layer15interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/15/reverse', 'Layer 15', 'Float', 'Layer15reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
    ('layer/16/gain', 'Layer 16', 'Float', 'Layer16gain', 'Gain', -60.0, 12.0, 0.0, (), 'Level of the layer; the lowest value is silence. (dB)'),
    ('layer/16/pan', 'Layer 16', 'Float', 'Layer16pan', 'Pan', -1.0, 1.0, 0.0, (), "Balance of the layer's image between left (-1) and right (1)."),
    ('layer/16/azimuth', 'Layer 16', 'Float', 'Layer16azimuth', 'Azimuth', -180.0, 180.0, 0.0, (), "Direction of the layer's image, added to where it was seen; 0 is ahead, 90 left. (degrees)"),
    ('layer/16/width', 'Layer 16', 'Float', 'Layer16width', 'Width', 0.0, 180.0, 60.0, (), "Angle between the image's left and right edge. (degrees)"),
    ('layer/16/highpass', 'Layer 16', 'Float', 'Layer16highpass', 'Highpass', 20.0, 20000.0, 20.0, (), 'High-pass filter; the lowest value is none. (Hz)'),
    ('layer/16/lowpass', 'Layer 16', 'Float', 'Layer16lowpass', 'Lowpass', 20.0, 20000.0, 20000.0, (), 'Low-pass filter; the highest value is none. (Hz)'),
    ('layer/16/send', 'Layer 16', 'Float', 'Layer16send', 'Send', -60.0, 6.0, -60.0, (), 'Level sent to the reverb; the lowest value is none. (dB)'),
    ('layer/16/source', 'Layer 16', 'Menu', 'Layer16source', 'Source', 0, 2, '0', (('0', 'the clip that matches'), ('1', 'the live microphone'), ('2', 'the voice generated of the picture')), 'What sounds: 0 the clip that matches, 1 the live microphone, 2 the voice generated of the picture.'),
    ('layer/16/mode', 'Layer 16', 'Menu', 'Layer16mode', 'Mode', 0, 2, '0', (('0', 'as grains'), ('1', 'straight'), ('2', 'as a frozen spectrum')), 'How it sounds: 0 as grains, 1 straight, 2 as a frozen spectrum.'),
    ('layer/16/position', 'Layer 16', 'Float', 'Layer16position', 'Position', 0.0, 1.0, 0.0, (), 'Where in the clip grains are read, as a fraction of it. (clip)'),
    ('layer/16/position_jitter', 'Layer 16', 'Float', 'Layer16positionjitter', 'Position jitter', 0.0, 4.0, 0.08, (), 'Random spread of the reading position. (s)'),
    ('layer/16/speed', 'Layer 16', 'Float', 'Layer16speed', 'Speed', -2.0, 2.0, 1.0, (), "How fast the reading position moves; 1 is the clip's own pace. (x)"),
    ('layer/16/freeze', 'Layer 16', 'Toggle', 'Layer16freeze', 'Freeze', 0, 1, False, (), 'Hold the reading position where it is.'),
    ('layer/16/duration', 'Layer 16', 'Float', 'Layer16duration', 'Duration', 5.0, 2000.0, 250.0, (), 'Length of a grain. (ms)'),
    ('layer/16/emission', 'Layer 16', 'Menu', 'Layer16emission', 'Emission', 0, 2, '0', (('0', 'the density alone'), ('1', 'onsets that the microphone hears'), ('2', 'the beat')), 'What starts grains: 0 the density alone, 1 onsets that the microphone hears, 2 the beat.'),
    ('layer/16/density', 'Layer 16', 'Float', 'Layer16density', 'Density', 0.25, 6000.0, 16.0, (), 'Grains started each second. (grains/s)'),
    ('layer/16/density_jitter', 'Layer 16', 'Float', 'Layer16densityjitter', 'Density jitter', 0.0, 1.0, 0.25, (), 'Irregularity of grain onsets: 0 is a pulse, 1 is random (Poisson).'),
    ('layer/16/burst', 'Layer 16', 'Int', 'Layer16burst', 'Burst', 1, 64, 1, (), 'Grains that each onset or beat starts, spaced by the density. (grains)'),
    ('layer/16/division', 'Layer 16', 'Float', 'Layer16division', 'Division', 0.25, 16.0, 1.0, (), 'How often the beat starts grains; 4 is sixteenths. (per beat)'),
    ('layer/16/pitch', 'Layer 16', 'Float', 'Layer16pitch', 'Pitch', -24.0, 24.0, 0.0, (), 'Transposition of the grains. (semitones)'),
    ('layer/16/pitch_jitter', 'Layer 16', 'Float', 'Layer16pitchjitter', 'Pitch jitter', 0.0, 12.0, 0.0, (), 'Random spread of the transposition. (semitones)'),
    ('layer/16/pan_spread', 'Layer 16', 'Float', 'Layer16panspread', 'Pan spread', 0.0, 1.0, 0.35, (), "Random spread of each grain's place."),
    ('layer/16/shape', 'Layer 16', 'Menu', 'Layer16shape', 'Shape', 0, 3, '0', (('0', 'tapered'), ('1', 'Gaussian'), ('2', 'decaying'), ('3', 'swelling')), 'Envelope of a grain: 0 tapered, 1 Gaussian, 2 decaying, 3 swelling (the decay reversed).'),
    ('layer/16/envelope', 'Layer 16', 'Float', 'Layer16envelope', 'Envelope', 0.02, 1.0, 1.0, (), 'Cosine-tapered part of a grain: 1 is a Hann window, small values are nearly rectangular.'),
    ('layer/16/interpolation', 'Layer 16', 'Menu', 'Layer16interpolation', 'Interpolation', 0, 2, '1', (('0', 'linear'), ('1', 'cubic'), ('2', 'windowed sinc')), 'How grains are read: 0 linear, 1 cubic, 2 windowed sinc, free of aliasing when transposed up.'),
    ('layer/16/reverse', 'Layer 16', 'Float', 'Layer16reverse', 'Reverse', 0.0, 1.0, 0.0, (), 'Probability that a grain is played backwards.'),
)
WISHES = (
    ('/phono/model/eye', 'Modeleye', 'Model eye', (('Modeleyea', 'Str'),), 'the eye in use: name and file; takes the file of another, empty for the shipped one'),
    ('/phono/model/dream', 'Modeldream', 'Model dream', (('Modeldreama', 'Str'),), 'the dream in use: name and file; takes the file of another, empty for the shipped one'),
    ('/phono/library', 'Library', 'Library', (('Librarya', 'Str'),), "folder of the library in use; takes that of another, empty for the show's own"),
    ('/phono/morph', 'Morph', 'Morph', (('Morpha', 'Str'), ('Morphb', 'Str')), 'the two snapshots that morph/position blends from its next movement on, and where it is'),
    ('/phono/panic', 'Panic', 'Panic', (), 'fade to silence in 50 ms, until master/panic is 0'),
    ('/phono/voice', 'Voice', 'Voice', (), 'make a new voice, of what is seen now'),
    ('/phono/tempo/tap', 'Tempotap', 'Tempo tap', (), 'a tap of the beat: the last four set tempo/bpm and where the beat falls'),
    ('/phono/snapshot/store', 'Snapshotstore', 'Snapshot store', (('Snapshotstorea', 'Str'),), 'keep how all knobs stand under this name'),
    ('/phono/snapshot/recall', 'Snapshotrecall', 'Snapshot recall', (('Snapshotrecalla', 'Str'),), 'move the knobs there; then seconds, "beat" or "bar" if wanted'),
    ('/phono/snapshot/delete', 'Snapshotdelete', 'Snapshot delete', (('Snapshotdeletea', 'Str'),), 'forget a snapshot'),
    ('/phono/output/1/restart', 'Output1restart', 'Output 1 restart', (), 'start picture output 1 anew'),
    ('/phono/output/1/active', 'Output1active', 'Output 1 active', (('Output1activea', 'Int'),), 'switch picture output 1 on or off'),
    ('/phono/output/2/restart', 'Output2restart', 'Output 2 restart', (), 'start picture output 2 anew'),
    ('/phono/output/2/active', 'Output2active', 'Output 2 active', (('Output2activea', 'Int'),), 'switch picture output 2 on or off'),
    ('/phono/output/3/restart', 'Output3restart', 'Output 3 restart', (), 'start picture output 3 anew'),
    ('/phono/output/3/active', 'Output3active', 'Output 3 active', (('Output3activea', 'Int'),), 'switch picture output 3 on or off'),
    ('/phono/output/4/restart', 'Output4restart', 'Output 4 restart', (), 'start picture output 4 anew'),
    ('/phono/output/4/active', 'Output4active', 'Output 4 active', (('Output4activea', 'Int'),), 'switch picture output 4 on or off'),
    ('/phono/output/5/restart', 'Output5restart', 'Output 5 restart', (), 'start picture output 5 anew'),
    ('/phono/output/5/active', 'Output5active', 'Output 5 active', (('Output5activea', 'Int'),), 'switch picture output 5 on or off'),
    ('/phono/output/6/restart', 'Output6restart', 'Output 6 restart', (), 'start picture output 6 anew'),
    ('/phono/output/6/active', 'Output6active', 'Output 6 active', (('Output6activea', 'Int'),), 'switch picture output 6 on or off'),
    ('/phono/output/7/restart', 'Output7restart', 'Output 7 restart', (), 'start picture output 7 anew'),
    ('/phono/output/7/active', 'Output7active', 'Output 7 active', (('Output7activea', 'Int'),), 'switch picture output 7 on or off'),
    ('/phono/output/8/restart', 'Output8restart', 'Output 8 restart', (), 'start picture output 8 anew'),
    ('/phono/output/8/active', 'Output8active', 'Output 8 active', (('Output8activea', 'Int'),), 'switch picture output 8 on or off'),
    ('/phono/cue/launch', 'Cuelaunch', 'Cue launch', (('Cuelauncha', 'Str'),), 'launch the cue of this name'),
    ('/phono/cue/next', 'Cuenext', 'Cue next', (), 'launch the cue after the newest'),
    ('/phono/cue/previous', 'Cueprevious', 'Cue previous', (), 'launch the cue before the newest'),
    ('/phono/cue/program', 'Cueprogram', 'Cue program', (('Cueprograma', 'Int'),), 'launch the cue of this MIDI program, 0 to 127'),
    ('/phono/midi/learn', 'Midilearn', 'Midi learn', (('Midilearna', 'Str'),), 'map the control that is moved next to the parameter of this path'),
    ('/phono/midi/unlearn', 'Midiunlearn', 'Midi unlearn', (('Midiunlearna', 'Str'),), 'forget the controls of a parameter'),
    ('/phono/midi/cancel', 'Midicancel', 'Midi cancel', (), 'wait for no control any more'),
    ('/phono/ping', 'Ping', 'Ping', (), 'is anybody there? Answered with /phono/pong and what was sent'),
)
LINK = r'''"""The logic of the TouchDesigner component: what comes in moves its parameters, what is moved there goes out.

This is the text of the DAT `link` within the component; it runs in TouchDesigner's Python (3.9 or later) and needs
nothing but numpy. In a patch it must stay as it is: the builder replaces it. Your own code belongs into the DAT
`your_events`.
"""

import mmap
import os
import struct
import tempfile
import time
from typing import Any

import numpy as np
import td

ADDRESSES: dict[str, tuple[str, float]] = {}
"""Address and default of each knob, by the name of its parameter; the builder writes it."""
WISHES: dict[str, tuple[str, list[str]]] = {}
"""Address of each wish and the parameters that hold its arguments, by the name of its pulse; the builder writes it."""

TOUCHED_FOR = 0.5
"""So many seconds after a knob was moved here, what is heard of it is older than the hand and is left aside."""
MOST_EVENTS = 50
HEADER = struct.Struct("<8sIIQIIIIdQQ")
"""Of a file of pictures: magic, version, offset, sequence, width, height, channels, 0, time, number, bytes."""
SEQUENCE = struct.Struct("<Q")
SEQUENCE_AT = 16

_knobs = {address: name for name, (address, _) in ADDRESSES.items()}
_known: dict[str, float] = {}  # the value that the instrument has, as far as is known here
_touched: dict[str, float] = {}  # when a knob was last moved here
_frames: dict[str, Any] = {"identity": None, "map": None, "number": None}


def hear(comp: Any, address: str, args: list[Any]) -> None:
    """Take a message of the instrument."""
    if address in _knobs:
        if args and isinstance(args[0], (int, float)):
            _show(comp, _knobs[address], float(args[0]))
    elif address == "/phono/heartbeat":
        comp.store("heard", td.absTime.seconds)
        comp.op("osc_out").sendOSC("/phono/ack", [args[0], comp.par.Listen.eval()])
    elif address.startswith("/phono/event/"):
        _happen(comp, address[len("/phono/event/"):], args)
    elif any(isinstance(argument, str) for argument in args):
        _say(comp, address[len("/phono/"):], args)


def _show(comp: Any, name: str, value: float) -> None:
    if time.monotonic() - _touched.get(name, -TOUCHED_FOR) < TOUCHED_FOR:
        return
    _known[name] = value
    par = getattr(comp.par, name)
    shown = str(int(value)) if par.isMenu else value
    if par.eval() != shown:
        par.val = shown


def turned(comp: Any, par: Any) -> None:
    """Send a knob that was moved; one that shows what was heard isn't sent again."""
    if par.name not in ADDRESSES:
        return
    address, default = ADDRESSES[par.name]
    value = float(par.eval())
    known = _known.get(par.name, default)
    if abs(value - known) > 1e-6 * max(1.0, abs(known)):
        _known[par.name] = value
        _touched[par.name] = time.monotonic()
        comp.op("osc_out").sendOSC(address, [value])


def pulsed(comp: Any, par: Any) -> None:
    """Send the wish whose pulse was pressed."""
    if par.name in WISHES:
        address, arguments = WISHES[par.name]
        comp.op("osc_out").sendOSC(address, [getattr(comp.par, name).eval() for name in arguments])


def _happen(comp: Any, event: str, args: list[Any]) -> None:
    number, age, a, b = args
    table = comp.op("events")
    table.appendRow([event, number, age, a, b])
    while table.numRows > MOST_EVENTS + 1:
        table.deleteRow(1)
    comp.op("your_events").module.onEvent(comp, event, number, age, a, b)


def _say(comp: Any, name: str, args: list[Any]) -> None:
    table = comp.op("words")
    row = [name, *args]
    if table.row(name) is None:
        table.appendRow(row)
    else:
        table.replaceRow(name, row)


def usual_file() -> str:
    """Return the file that an output "mmap" writes unless it is told another."""
    folder = "/dev/shm" if os.path.isdir("/dev/shm") else tempfile.gettempdir()
    return os.path.join(folder, "phonoscope-dream.frames")


def cook(script: Any, comp: Any) -> None:
    """Show the newest picture of the file in the Script TOP `script`; where there is none, what it shows stays."""
    picture = read_picture(comp.par.Framefile.eval() or usual_file())
    if picture is not None:
        script.copyNumpyArray(picture)


def read_picture(path: str) -> Any:
    """Return the newest picture in the file `path`, uint8 [height, width, 4] RGBA, bottom row first.

    None if there is no file, if it holds no picture, the same as last time, or one that is just being written.
    """
    mapped = _mapped(path)
    if mapped is None:
        return None
    for _ in range(3):
        magic, version, offset, sequence, width, height, channels, _, _, number, room = HEADER.unpack_from(mapped)
        if magic != b"PHONOFRM" or version != 1 or channels != 4:
            return None
        size = width * height * channels
        if not 0 < size <= min(room, len(mapped) - offset) or number == _frames["number"]:
            return None
        if sequence % 2:
            continue
        # TouchDesigner's first row is the lowest.
        picture = np.frombuffer(mapped, np.uint8, size, offset).reshape(height, width, channels)[::-1].copy()
        if SEQUENCE.unpack_from(mapped, SEQUENCE_AT)[0] == sequence:
            _frames["number"] = number
            return picture
    return None


def _mapped(path: str) -> Any:
    """Return the file's memory, mapped anew if another file has taken its name; None if there is none."""
    try:
        found = os.stat(path)
        identity = (path, found.st_dev, found.st_ino, found.st_size)
        if identity != _frames["identity"]:
            with open(path, "rb") as file:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            _frames.update(identity=identity, map=mapped, number=None)
    except (OSError, ValueError):  # not there, or empty
        return None
    return _frames["map"] if len(_frames["map"]) >= HEADER.size else None
'''

PICTURES = (("file", "File in memory"), ("ndi", "NDI"), ("syphonspout", "Syphon or Spout"),
            ("stream", "RTSP or SRT stream"), ("sharedmem", "Shared memory (Windows, Commercial or Pro)"))

OSC_IN = '''# Replaced by phonoscope_builder.py; your own code belongs into your_events.


def onReceiveOSC(dat, rowIndex, message, byteData, timeStamp, address, args, peer):
    comp = dat.parent()
    comp.op('link').module.hear(comp, address, args)
'''
KNOBS_TURNED = '''# Replaced by phonoscope_builder.py; your own code belongs into your_events.


def onValueChange(par, prev):
    par.owner.op('link').module.turned(par.owner, par)


def onPulse(par):
    par.owner.op('link').module.pulsed(par.owner, par)
'''
FRAMES_COOK = '''# Replaced by phonoscope_builder.py; your own code belongs into your_events.
import td


def onCook(scriptOp):
    td.absTime.frame  # whoever reads it is cooked each frame
    comp = scriptOp.parent()
    comp.op('link').module.cook(scriptOp, comp)
'''
YOUR_EVENTS = '''# Yours: phonoscope_builder.py never changes it.


def onEvent(comp, event, number, age, a, b):
    """Called for each event, for instance 'onset': its number, how many seconds ago it was, two values.

    The table `events` explains itself; docs/osc.md says what the values of each event are.
    """
    return
'''


def build(parent: Any) -> Any:
    """Make or renew the component `phonoscope` inside `parent`; return it."""
    comp = parent.op("phonoscope") or parent.create(td.baseCOMP, "phonoscope")
    knobs = comp.op("knobs")
    if knobs:
        knobs.par.active = False
    connection(comp)
    names = [name for knob in KNOBS for name in add_knob(comp, *knob)]
    names += [name for wish in WISHES for name in add_wish(comp, *wish)]
    for stale in set(comp.fetch("made", [], search=False)) - set(names):
        getattr(comp.par, stale).destroy()
    comp.store("made", names)
    osc(comp)
    picture(comp)
    # The last, so that nothing which is set up above is taken for a turn of a knob.
    knobs = operator(comp, "parameterexecuteDAT", "knobs", -600, -200)
    knobs.text = KNOBS_TURNED
    settings(knobs, op="..", pars="*", custom=True, builtin=False, valuechange=True, onpulse=True, active=True)
    return comp


def operator(comp: Any, kind: str, name: str, x: int, y: int) -> Any:
    """Return the operator `name`, made at x, y if it isn't there; where a user moved it, it stays.

    None, and a line in the textport, if this TouchDesigner has no such operators.
    """
    found = comp.op(name)
    if not found and not hasattr(td, kind):
        print(f"phonoscope: there is no {kind} in this TouchDesigner; {name} is left out")
    elif not found:
        found = comp.create(getattr(td, kind), name)
        found.nodeX, found.nodeY = x, y
    return found


def settings(node: Any, **values: Any) -> None:
    """Set parameters; a string that begins with = is an expression. One that isn't there is told in the textport."""
    for name, value in values.items() if node else ():
        par = getattr(node.par, name, None)
        if par is None:
            print(f"phonoscope: {node.name} has no parameter {name} in this TouchDesigner; it is left out")
        elif isinstance(value, str) and value.startswith("="):
            par.expr = value[1:]
            par.mode = type(par.mode).EXPRESSION
        else:
            par.val = value


def callbacks(node: Any, text: str) -> None:
    """Write `text` into the callbacks DAT that came with the operator."""
    dat = node.par.callbacks.eval()
    if not dat:
        dat = node.parent().create(td.textDAT, node.name + "_callbacks")
        dat.dock = node
        node.par.callbacks = dat.name
    dat.text = text


def parameter(comp: Any, page: str, style: str, name: str, label: str, default: Any, choices: Any = ()) -> Any:
    """Return the custom parameter `name`, made with its default if it isn't there; a value that it has it keeps.

    choices: of a "Menu", each its name and its label.
    """
    par: Any = getattr(comp.par, name, None)
    if par is not None and par.style != style:
        par.destroy()
        par = None
    is_new = par is None
    if is_new:
        pages = [found for found in comp.customPages if found.name == page]
        par = getattr(pages[0] if pages else comp.appendCustomPage(page), "append" + style)(name, label=label)[0]
    if choices:
        par.menuNames = [choice for choice, _ in choices]
        par.menuLabels = [label for _, label in choices]
    if default is not None:
        par.default = default
        if is_new:
            par.val = default
    return par


def add_knob(comp: Any, path: str, page: str, style: str, name: str, label: str, low: float, high: float,
             default: Any, choices: Any, text: str) -> Any:
    """Make or renew the parameter of a knob; return the names of what was made."""
    par = parameter(comp, page, style, name, label, default, choices)
    par.help = text
    if style in ("Float", "Int"):
        par.min, par.max, par.clampMin, par.clampMax = low, high, True, True
        par.normMin, par.normMax = low, high
    return [name]


def add_wish(comp: Any, address: str, name: str, label: str, arguments: Any, text: str) -> Any:
    """Make the pulse of a wish and the parameters for its arguments; return the names of what was made."""
    parameter(comp, "Wishes", "Pulse", name, label, None).help = text
    for number, (argument, style) in enumerate(arguments, 1):
        parameter(comp, "Wishes", style, argument, f"{label} {number}", "" if style == "Str" else 0)
    return [name, *dict(arguments)]


def connection(comp: Any) -> None:
    """Make the parameters that say where the instrument is."""
    page = "Phonoscope"
    alive = parameter(comp, page, "Toggle", "Alive", "Playing", False)
    settings(comp, Alive="=absTime.seconds - me.fetch('heard', -10.0, search=False) < 2.5")
    alive.readOnly = True
    parameter(comp, page, "Str", "Host", "Host", HOST)
    parameter(comp, page, "Int", "Port", "Port", PORT)
    parameter(comp, page, "Int", "Listen", "Listen on Port", LISTEN)
    parameter(comp, page, "Menu", "Picture", "Picture by", "file", PICTURES)
    parameter(comp, page, "File", "Framefile", "File of Pictures", FRAMES)
    parameter(comp, page, "Str", "Ndisource", "NDI Source", "")
    parameter(comp, page, "Str", "Sender", "Syphon or Spout Sender", "Phonoscope")
    parameter(comp, page, "Str", "Streamurl", "Stream URL", "")
    parameter(comp, page, "Str", "Memory", "Shared Memory Name", "phonoscope")


def link_text() -> str:
    """Return the text of the DAT `link`: its tables and its code."""
    addresses = {knob[3]: ("/phono/param/" + knob[0], float(knob[7])) for knob in KNOBS}
    wishes = {wish[1]: (wish[0], list(dict(wish[3]))) for wish in WISHES}
    text = LINK
    for name, table in (("ADDRESSES: dict[str, tuple[str, float]]", addresses),
                        ("WISHES: dict[str, tuple[str, list[str]]]", wishes)):
        text = text.replace(name + " = {}", f"{name} = {table!r}")
    return text


def osc(comp: Any) -> None:
    """Make what hears the instrument and what speaks to it."""
    operator(comp, "textDAT", "link", -800, -200).text = link_text()
    if not comp.op("your_events"):
        operator(comp, "textDAT", "your_events", -400, -200).text = YOUR_EVENTS
    heads = {"events": ["event", "number", "age", "a", "b"], "words": ["address", "words"]}
    for name, y in (("events", -350), ("words", -500)):
        if not comp.op(name):
            table = operator(comp, "tableDAT", name, -200, y)
            table.clear()
            table.appendRow(heads[name])
    listen = operator(comp, "oscinDAT", "osc_in", -800, 0)
    settings(listen, port="=parent().par.Listen", shared=True, maxlines=50, active=True)
    callbacks(listen, OSC_IN)
    speak = operator(comp, "oscoutDAT", "osc_out", -600, 0)
    settings(speak, address="=parent().par.Host", port="=parent().par.Port", active=True)
    for name, y in (("feature", 200), ("state", 350)):
        channels = operator(comp, "oscinCHOP", name, -800, y)
        settings(channels, port="=parent().par.Listen", oscaddressscope="*" + name + "*", stripsegments=2, active=True)
    for watched, y in (("osc_in", 500), ("feature", 600)):
        settings(operator(comp, "infoCHOP", watched + "_info", -800, y), op=watched)
    operator(comp, "performCHOP", "performance", -800, 700)
    health = operator(comp, "mergeCHOP", "health", -400, 600)
    health.setInputs([comp.op("osc_in_info"), comp.op("feature_info"), comp.op("performance")])
    out(comp, "outCHOP", "out2", "feature", 200)
    out(comp, "outCHOP", "out3", "state", 350)
    out(comp, "outCHOP", "out4", "health", 600)
    out(comp, "outDAT", "out5", "events", -350)
    out(comp, "outDAT", "out6", "words", -500)


def out(comp: Any, kind: str, name: str, source: str, y: int) -> None:
    """Make an output of the component; one that is there stays, with the wires that leave it."""
    node = operator(comp, kind, name, 300, y)
    settings(node, label=source)
    node.setInputs([comp.op(source)])


def picture(comp: Any) -> None:
    """Make the ways by which the picture comes in, and the switch between them."""
    frames = operator(comp, "scriptTOP", "frames", -800, 900)
    callbacks(frames, FRAMES_COOK)
    ndi = operator(comp, "ndiinTOP", "ndi", -800, 1050)
    settings(ndi, name="=parent().par.Ndisource", active="=parent().par.Picture == 'ndi'")
    syphonspout = operator(comp, "syphonspoutinTOP", "syphonspout", -800, 1200)
    settings(syphonspout, sendername="=parent().par.Sender")
    stream = operator(comp, "videostreaminTOP", "stream", -800, 1350)
    settings(stream, url="=parent().par.Streamurl", active="=parent().par.Picture == 'stream'")
    memory = operator(comp, "sharedmeminTOP", "sharedmem", -800, 1500)
    settings(memory, name="=parent().par.Memory", memtype="local", active="=parent().par.Picture == 'sharedmem'")
    switch = operator(comp, "switchTOP", "switch", -400, 900)
    switch.setInputs([way or frames for way in (frames, ndi, syphonspout, stream, memory)])
    settings(switch, index="=parent().par.Picture.menuIndex")
    shown = operator(comp, "nullTOP", "picture", -100, 900)
    shown.setInputs([switch])
    out(comp, "outTOP", "out1", "picture", 900)


build(td.op("/project1") or td.root)
