// An object keeps the view in a field.
// prints or refused: 7
import { drop, vec, type Vec } from 'fearless'

class Canvas {
  #cells = new Float64Array(0)
  open(v: Vec<Float64Array>): void {
    v.with(view => {
      this.#cells = view as Float64Array<ArrayBuffer>
    })
  }
  paint(at: number): void {
    this.#cells[at] = 666
  }
}
const canvas = new Canvas()
const a = vec.f64(1)
canvas.open(a)
drop(a)
const b = vec.f64([7])
canvas.paint(0)
console.log(b.get(0))
