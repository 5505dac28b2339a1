import { par } from 'fearless'

par.join(
  () => 1,
  () => 2,
)
