// A value is used after its move, twelve `finally` blocks deep.
// refused by: check F0382, run MovedError
import { mpsc } from 'fearless'

const [tx, rx] = mpsc.channel<number[]>()
const rows = [1]
let n = 0
try {
  n++
} finally {
  try {
    n++
  } finally {
    try {
      n++
    } finally {
      try {
        n++
      } finally {
        try {
          n++
        } finally {
          try {
            n++
          } finally {
            try {
              n++
            } finally {
              try {
                n++
              } finally {
                try {
                  n++
                } finally {
                  try {
                    n++
                  } finally {
                    try {
                      n++
                    } finally {
                      try {
                        n++
                      } finally {
                        tx.send(rows)
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
  }
}
console.log(rows[0], n, (await rx.recv()).length)
