import { mpsc } from 'fearless'
export function draw(frames: number): void {
  const [tx, rx] = mpsc.channel<number[]>()
  let front: number[] = []
  let back: number[] = []
  for (let i = 0; i < frames; i++) {
    back.push(i)
    ;[front, back] = [back, front]
    tx.send(front)
    front = []
  }
  console.log(rx, back.length)
}
