# Two commands: `make play` sets up everything and plays; `make test` sets up everything and runs every check.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

DEBIAN_PLAY := python3-venv python3-dev gcc libportaudio2
DEBIAN_TEST := $(DEBIAN_PLAY) portaudio19-dev libasound2-dev jackd2 pulseaudio pulseaudio-utils libasound2-plugins \
	liblo-tools procps puredata-core supercollider-language ffmpeg python3-gi gir1.2-gst-rtsp-server-1.0 \
	gstreamer1.0-plugins-good gstreamer1.0-libav
BREW := portaudio
TORCH := torch==2.13.0

.PHONY: play test check patches system-play system-test clean

play: system-play $(VENV)/.play
	$(BIN)/phonoscope play $(ARGS)

test: system-test $(VENV)/.test
	$(MAKE) check

check:
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest

# Renews the patches for other programs after a change of parameters or OSC addresses.
patches:
	for program in max touchdesigner puredata; do $(BIN)/phonoscope patch $$program -o patches/$$program || exit 1; done

$(VENV)/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "Phonoscope needs Python 3.11 or newer; '$(PYTHON)' is older. Try: make $(MAKECMDGOALS) PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	touch $@

# torch goes first and alone: that pin finds the build that fits the machine.
$(VENV)/.play: $(VENV)/.python pyproject.toml
	$(BIN)/pip install --quiet $(TORCH)
	$(BIN)/pip install --quiet -e .
	@echo "compiling the audio kernels, once"
	$(BIN)/python -c "import engine.sound.callback"
	touch $@

$(VENV)/.test: $(VENV)/.play
	$(BIN)/pip install --quiet -e '.[test]'
	touch $@

system-play:
	@$(call install-system,$(DEBIAN_PLAY))

system-test:
	@$(call install-system,$(DEBIAN_TEST))

# Installs what is missing where the user may; else says what is missing and goes on.
define install-system
if command -v dpkg-query >/dev/null && command -v apt-get >/dev/null; then \
	missing=; for package in $(1); do \
		dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then \
		if [ "$$(id -u)" = 0 ]; then run=; elif sudo -n true 2>/dev/null || [ -t 0 ]; then run=sudo; else run=none; fi; \
		if [ "$$run" = none ]; then echo "Please install as root: apt-get install$$missing"; else \
			echo "installing:$$missing"; \
			$$run apt-get -o DPkg::Lock::Timeout=300 update -qq && \
			$$run env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq \
				--no-install-recommends $$missing >/dev/null || echo "Some packages could not be installed:$$missing"; fi; fi; \
elif command -v brew >/dev/null; then \
	for package in $(BREW); do brew list --versions $$package >/dev/null || brew install $$package; done; \
else echo "Please install PortAudio with your system's package manager if it is missing."; fi
endef

clean:
	rm -rf $(VENV) *.egg-info .pytest_cache .ruff_cache .mypy_cache
