export class Stats {
  static hits = 0
  static hit(): void {
    this.hits++
  }
}
