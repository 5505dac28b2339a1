/** The functions that workerpool's threads run. */
import workerpool from 'workerpool'
import { bump, bumpObjects, compute, evenSquares, evenSquaresSum, increment, incrementAll, sum } from '../tasks.ts'

workerpool.worker({
  increment,
  incrementAll,
  bump,
  bumpObjects,
  sum,
  evenSquares,
  evenSquaresSum,
  compute,
  bumpMoved: (data: Float64Array) => new workerpool.Transfer(bump(data), [data.buffer as ArrayBuffer]),
})
