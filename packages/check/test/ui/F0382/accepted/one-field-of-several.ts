import { mpsc } from 'fearless'
export function run(input: { header: string[]; body: number[] }): void {
  const [tx, rx] = mpsc.channel<number[]>()
  const { header, body } = input
  tx.send(body)
  console.log(header.length, input.header, rx)
}
