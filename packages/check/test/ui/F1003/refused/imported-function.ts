import { flush } from '../../Elsewhere/waits.ts'

flush()
