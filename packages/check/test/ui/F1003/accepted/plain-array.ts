import { sleep, timeout } from 'fearless'

export async function run(rows: number[]): Promise<void> {
  rows.forEach(row => console.log(row))
  await timeout(10, () => sleep(1))
}
