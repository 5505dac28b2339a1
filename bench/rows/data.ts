/** Data that a thread receives and returns. */
import { calls, expect, median, perItem } from '../measure.ts'
import type { Message } from '../messages.ts'
import { isMessage, message } from '../messages.ts'
import type { Conditions, Reading, Row, With } from './row.ts'
import { metric, needs } from './row.ts'

const OBJECTS = 10_000
/** 1 MB of f64. */
const LENGTH = 131_072

async function objects(contender: With<'objects'>, conditions: Conditions): Promise<Reading> {
  await contender.open(1)
  let list: Message[]
  let back: Message[]
  const fill = () => {
    list = Array.from({ length: OBJECTS }, (_, i) => message(i))
  }
  const check = () => {
    expect('number of objects', back.length, OBJECTS)
    back.forEach((item, i) => expect(`object ${i} right`, isMessage({ ...item, x: item.x - 1 }, i), true))
    fill()
  }
  fill()
  const samples = await calls(
    async () => {
      back = await contender.objects(list)
    },
    conditions,
    check,
  )
  return { ms: median(samples) }
}

async function transfer(contender: With<'transfer'>, conditions: Conditions): Promise<Reading> {
  await contender.open(1)
  let data = new Float64Array(LENGTH)
  const samples = await calls(async i => {
    data = (await contender.transfer(data)) as Float64Array<ArrayBuffer>
    expect('length', data.length, LENGTH)
    expect('first element', data[0], i + 1)
    expect('last element', data[LENGTH - 1], i + 1)
  }, conditions)
  return { us: median(samples) * 1e3 }
}

async function share(contender: With<'share'>, conditions: Conditions): Promise<Reading> {
  await contender.open(1)
  const ns = await perItem(async n => {
    const [first, last] = await contender.share(LENGTH, n)
    expect('first element', first, n)
    expect('last element', last, n)
  }, conditions)
  return { us: ns / 1e3 }
}

export const dataRows: readonly Row[] = [
  {
    id: 'objects-10k',
    metrics: [metric('ms', '10k objects there and back', 'ms')],
    run: needs('objects', objects),
  },
  {
    id: 'megabyte-transferred',
    metrics: [metric('us', '1 MB of f64 there and back, transferred', 'us')],
    run: needs('transfer', transfer),
  },
  {
    id: 'megabyte-shared',
    metrics: [metric('us', '1 MB of f64 there and back, shared memory', 'us')],
    run: needs('share', share),
  },
]
