// View room, sound: two soft tones, made by the browser itself so that nothing has to be loaded. Off until turned on.

let context: AudioContext | null = null;

/** Sounds once. Where a browser allows no sound before a press, it stays silent. */
export function chime(): void {
  try {
    context ??= new AudioContext();
    void context.resume();
    [660, 880].forEach((frequency, index) => {
      if (context === null) return;
      const begin = context.currentTime + index * 0.12;
      const tone = new OscillatorNode(context, { frequency });
      const volume = new GainNode(context, { gain: 0 });
      volume.gain.setTargetAtTime(0.08, begin, 0.01);
      volume.gain.setTargetAtTime(0, begin + 0.08, 0.05);
      tone.connect(volume).connect(context.destination);
      tone.start(begin);
      tone.stop(begin + 0.5);
    });
  } catch {
    // A browser without sound.
  }
}
