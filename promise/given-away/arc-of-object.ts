// An object is changed beside the Arc that it was given to.
// refused by: check F0382, run MovedError
import { Arc } from 'fearless'

const config = { retries: 1 }
const shared = new Arc(config)
config.retries = 2
console.log(shared.value.retries)
