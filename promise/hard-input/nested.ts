// Functions, classes, templates and types in each other, sixty deep; a thread takes the innermost value.
// prints: 60 aaaaa 20
import { move, thread } from 'fearless'

function f0(): number {
  function f1(): number {
    function f2(): number {
      function f3(): number {
        function f4(): number {
          function f5(): number {
            function f6(): number {
              function f7(): number {
                function f8(): number {
                  function f9(): number {
                    function f10(): number {
                      function f11(): number {
                        function f12(): number {
                          function f13(): number {
                            function f14(): number {
                              function f15(): number {
                                function f16(): number {
                                  function f17(): number {
                                    function f18(): number {
                                      function f19(): number {
                                        function f20(): number {
                                          function f21(): number {
                                            function f22(): number {
                                              function f23(): number {
                                                function f24(): number {
                                                  function f25(): number {
                                                    function f26(): number {
                                                      function f27(): number {
                                                        function f28(): number {
                                                          function f29(): number {
                                                            function f30(): number {
                                                              function f31(): number {
                                                                function f32(): number {
                                                                  function f33(): number {
                                                                    function f34(): number {
                                                                      function f35(): number {
                                                                        function f36(): number {
                                                                          function f37(): number {
                                                                            function f38(): number {
                                                                              function f39(): number {
                                                                                function f40(): number {
                                                                                  function f41(): number {
                                                                                    function f42(): number {
                                                                                      function f43(): number {
                                                                                        function f44(): number {
                                                                                          function f45(): number {
                                                                                            function f46(): number {
                                                                                              function f47(): number {
                                                                                                function f48(): number {
                                                                                                  function f49(): number {
                                                                                                    function f50(): number {
                                                                                                      function f51(): number {
                                                                                                        function f52(): number {
                                                                                                          function f53(): number {
                                                                                                            function f54(): number {
                                                                                                              function f55(): number {
                                                                                                                function f56(): number {
                                                                                                                  function f57(): number {
                                                                                                                    function f58(): number {
                                                                                                                      function f59(): number {
                                                                                                                        return 1
                                                                                                                      }
                                                                                                                      return (
                                                                                                                        f59() +
                                                                                                                        1
                                                                                                                      )
                                                                                                                    }
                                                                                                                    return (
                                                                                                                      f58() +
                                                                                                                      1
                                                                                                                    )
                                                                                                                  }
                                                                                                                  return (
                                                                                                                    f57() +
                                                                                                                    1
                                                                                                                  )
                                                                                                                }
                                                                                                                return (
                                                                                                                  f56() +
                                                                                                                  1
                                                                                                                )
                                                                                                              }
                                                                                                              return (
                                                                                                                f55() +
                                                                                                                1
                                                                                                              )
                                                                                                            }
                                                                                                            return (
                                                                                                              f54() + 1
                                                                                                            )
                                                                                                          }
                                                                                                          return (
                                                                                                            f53() + 1
                                                                                                          )
                                                                                                        }
                                                                                                        return f52() + 1
                                                                                                      }
                                                                                                      return f51() + 1
                                                                                                    }
                                                                                                    return f50() + 1
                                                                                                  }
                                                                                                  return f49() + 1
                                                                                                }
                                                                                                return f48() + 1
                                                                                              }
                                                                                              return f47() + 1
                                                                                            }
                                                                                            return f46() + 1
                                                                                          }
                                                                                          return f45() + 1
                                                                                        }
                                                                                        return f44() + 1
                                                                                      }
                                                                                      return f43() + 1
                                                                                    }
                                                                                    return f42() + 1
                                                                                  }
                                                                                  return f41() + 1
                                                                                }
                                                                                return f40() + 1
                                                                              }
                                                                              return f39() + 1
                                                                            }
                                                                            return f38() + 1
                                                                          }
                                                                          return f37() + 1
                                                                        }
                                                                        return f36() + 1
                                                                      }
                                                                      return f35() + 1
                                                                    }
                                                                    return f34() + 1
                                                                  }
                                                                  return f33() + 1
                                                                }
                                                                return f32() + 1
                                                              }
                                                              return f31() + 1
                                                            }
                                                            return f30() + 1
                                                          }
                                                          return f29() + 1
                                                        }
                                                        return f28() + 1
                                                      }
                                                      return f27() + 1
                                                    }
                                                    return f26() + 1
                                                  }
                                                  return f25() + 1
                                                }
                                                return f24() + 1
                                              }
                                              return f23() + 1
                                            }
                                            return f22() + 1
                                          }
                                          return f21() + 1
                                        }
                                        return f20() + 1
                                      }
                                      return f19() + 1
                                    }
                                    return f18() + 1
                                  }
                                  return f17() + 1
                                }
                                return f16() + 1
                              }
                              return f15() + 1
                            }
                            return f14() + 1
                          }
                          return f13() + 1
                        }
                        return f12() + 1
                      }
                      return f11() + 1
                    }
                    return f10() + 1
                  }
                  return f9() + 1
                }
                return f8() + 1
              }
              return f7() + 1
            }
            return f6() + 1
          }
          return f5() + 1
        }
        return f4() + 1
      }
      return f3() + 1
    }
    return f2() + 1
  }
  return f1() + 1
}
const text = `a${`a${`a${`a${`a${''}`}`}`}`}`
type Deep = {
  a: [
    {
      a: [
        {
          a: [
            {
              a: [
                {
                  a: [
                    {
                      a: [
                        {
                          a: [
                            {
                              a: [
                                {
                                  a: [
                                    {
                                      a: [
                                        {
                                          a: [
                                            {
                                              a: [
                                                {
                                                  a: [
                                                    {
                                                      a: [{ a: [{ a: [{ a: [{ a: [{ a: [{ a: [number] }] }] }] }] }] }]
                                                    },
                                                  ]
                                                },
                                              ]
                                            },
                                          ]
                                        },
                                      ]
                                    },
                                  ]
                                },
                              ]
                            },
                          ]
                        },
                      ]
                    },
                  ]
                },
              ]
            },
          ]
        },
      ]
    },
  ]
}
let deep: unknown = 1
for (let i = 0; i < 20; i++) deep = { a: [deep] }
const at = deep as Deep
let levels = 0
for (let next: unknown = at; typeof next === 'object'; levels++) next = (next as { a: [unknown] }).a[0]
const sum = f0()
console.log(await thread.spawn(move(() => sum)), text, levels)
