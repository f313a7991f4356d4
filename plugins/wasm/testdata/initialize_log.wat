;; The start function and _initialize call the host before it knows the instance.
(module
  (import "jackdaw_1" "log" (func $log (param i32 i32 i32)))
  (import "jackdaw_1" "metric" (func $metric (param i32 i32 i32) (result i32)))
  (import "jackdaw_1" "error" (func $error (param i32 i32)))
  (memory (export "memory") 1)
  (func (export "jd_reserve") (param i32) (result i32) (i32.const 1024))
  (func (export "jd_validate") (param i32 i32) (result i64) (i64.const 0))
  (func (export "jd_abi_1") (result i32) (i32.const 0))
  (func $talk
    (call $log (i32.const 3) (i32.const 0) (i32.const 65536))
    (call $error (i32.const 0) (i32.const 65536))
    (drop (call $metric (i32.const 0) (i32.const 0) (i32.const 65536))))
  (func (export "_initialize") (call $talk))
  (start $talk))
