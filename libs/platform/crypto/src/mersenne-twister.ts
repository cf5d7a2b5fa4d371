const stateWords = 624;
const middle = 397;

/**
 * The generator MT19937, for keys that were made with it. It is no source of secrets: whoever sees enough of its output
 * knows all of it.
 */
export class MersenneTwister {
  private readonly state = new Uint32Array(stateWords);
  private next = stateWords;

  /** Seeds it with a list of 32-bit words, as `init_by_array` of its authors does; at least one. */
  constructor(words: Uint32Array) {
    const { state } = this;
    fill(state, 19_650_218);
    let at = 1;
    for (let step = 0; step < Math.max(stateWords, words.length); step++) {
      const index = step % words.length;
      state[at] = (word(state, at) ^ Math.imul(mixed(state, at), 1_664_525)) + word(words, index) + index;
      at = following(state, at);
    }
    for (let step = 1; step < stateWords; step++) {
      state[at] = (word(state, at) ^ Math.imul(mixed(state, at), 1_566_083_941)) - at;
      at = following(state, at);
    }
    state[0] = 0x8000_0000;
  }

  /** The next 32 bits. */
  uint32(): number {
    if (this.next === stateWords) this.twist();
    let value = word(this.state, this.next++);
    value ^= value >>> 11;
    value ^= (value << 7) & 0x9d2c_5680;
    value ^= (value << 15) & 0xefc6_0000;
    return (value ^ (value >>> 18)) >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let at = 0; at < stateWords; at++) {
      const joined = (word(state, at) & 0x8000_0000) | (word(state, (at + 1) % stateWords) & 0x7fff_ffff);
      const odd = (joined & 1) === 1 ? 0x9908_b0df : 0;
      state[at] = word(state, (at + middle) % stateWords) ^ (joined >>> 1) ^ odd;
    }
    this.next = 0;
  }
}

function fill(state: Uint32Array, seed: number): void {
  state[0] = seed;
  for (let at = 1; at < stateWords; at++) state[at] = Math.imul(mixed(state, at), 1_812_433_253) + at;
}

/** The word before this one, its high bits mixed into its low ones. */
function mixed(state: Uint32Array, at: number): number {
  const before = word(state, at - 1);
  return before ^ (before >>> 30);
}

/** Past the last word comes the second: the first becomes a copy of the last. */
function following(state: Uint32Array, at: number): number {
  if (at + 1 < stateWords) return at + 1;
  state[0] = word(state, stateWords - 1);
  return 1;
}

function word(words: Uint32Array, at: number): number {
  return words[at] as number;
}
