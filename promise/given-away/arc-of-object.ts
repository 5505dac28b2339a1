// An object is changed after it was moved into an Arc.
// refused by: check F0382, run MovedError
import { Arc } from 'fearless'

const config = { retries: 1 }
const shared = new Arc(config)
config.retries = 2
console.log(shared.value.retries)
