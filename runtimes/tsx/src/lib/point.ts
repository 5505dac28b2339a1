export class Point {
  constructor(
    public readonly x: number,
    private readonly y: number,
  ) {}
  get sum(): number {
    return this.x + this.y
  }
}
