class Tally {
  add(counts: Record<string, number>, word: string): void {
    const before = counts[word] ?? 0
    counts[word] = before + 1
  }
}

export const tally = new Tally()
