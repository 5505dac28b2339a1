// Imports with an alias, without extensions, of JSX, of an enum, of parameter properties; a file with decorators.
import { move, thread } from 'fearless'
import { Color } from '@lib/color'
import { Point } from '@lib/point'
import { view } from '@lib/view'
import { camelCase } from './lib/words'
import { nested } from './lib/nested'
import { decorated } from './decorated'

const n: number = 3
console.log(await thread.spawn(move(() => [Color[5], new Point(1, 2).sum, view(n), camelCase('two words')])).join())
console.log(await thread.spawn(move(() => nested(n))).join())
console.log(await thread.spawn(async () => (await import('@lib/color')).Color.Red).join())
const error = await thread
  .spawn(
    move(() => {
      if (n === 3) {
        throw new Error('on purpose')
      }
    }),
  )
  .join()
  .then(
    () => undefined,
    (caught: Error) => caught,
  )
console.log(/closures\.ts:\d+:\d+/.exec(String(error?.stack))?.[0])
console.log(await decorated())
