;; A guest that does what its input says, well-behaved or not: the tests write its misbehaviour themselves.
;; Memory: results at 0x10000, lists at 0x80000, input area at 0x100000 and up.
(module
  (import "jackdaw_1" "log" (func $log (param i32 i32 i32)))
  (import "jackdaw_1" "log_level" (func $log_level (result i32)))
  (import "jackdaw_1" "error" (func $error (param i32 i32)))
  (import "jackdaw_1" "metric" (func $metric (param i32 i32 i32) (result i32)))
  (import "jackdaw_1" "counter_add" (func $counter_add (param i32 i64)))
  (memory (export "memory") 17)
  (table $t 1 funcref)
  (global $mode (mut i32) (i32.const 0))
  (global $mask (mut i32) (i32.const 15))
  (global $calls (mut i32) (i32.const 0))
  (global $counter (mut i32) (i32.const -1))

  (func (export "jd_abi_1") (result i32) (i32.const 0))

  ;; The first byte of the configuration says how reserve lies.
  (func (export "jd_reserve") (param $n i32) (result i32) (local $pages i32)
    (if (i32.eq (global.get $mode) (i32.const 0x7a)) (then (return (i32.const 0))))                  ;; z: no room
    (if (i32.eq (global.get $mode) (i32.const 0x6f)) (then (return (i32.const 0x100004))))           ;; o: not aligned
    (if (i32.eq (global.get $mode) (i32.const 0x77)) (then (return (i32.const 0xfffffff8))))         ;; w: wraps around
    (if (i32.eq (global.get $mode) (i32.const 0x65)) (then (return (i32.const 0x10fff8))))           ;; e: the last 8 bytes
    (if (i32.eq (global.get $mode) (i32.const 0x74)) (then unreachable))                             ;; t
    (if (i32.and (i32.eq (global.get $mode) (i32.const 0x73)) (i32.gt_u (local.get $n) (i32.const 4096)))
      (then (return (i32.const 0))))                                                                 ;; s: 4 KiB at most
    (if (i32.and (i32.eq (global.get $mode) (i32.const 0x78)) (i32.eqz (i32.and (local.get $n) (i32.sub (local.get $n) (i32.const 1)))))
      (then (return (i32.const 0))))                                                                 ;; x: exact sizes only
    (local.set $pages (i32.shr_u (i32.add (local.get $n) (i32.const 0x10ffff)) (i32.const 16)))
    (if (i32.gt_u (local.get $pages) (memory.size)) (then
      (if (i32.eq (memory.grow (i32.sub (local.get $pages) (memory.size))) (i32.const -1))
        (then (return (i32.const 0))))))
    (i32.const 0x100000))

  (func (export "jd_configure") (param $p i32) (param $n i32) (result i64) (local $c i32) (local $len i32) (local $i i32)
    (local.set $c (i32.load offset=40 (local.get $p)))
    (local.set $len (i32.load offset=44 (local.get $p)))
    (if (i32.le_s (local.get $len) (i32.const 0)) (then (return (i64.const 0))))
    (global.set $mode (i32.load8_u (local.get $c)))
    (if (i32.eq (global.get $mode) (i32.const 0x4e)) (then                                           ;; N: refuse
      (call $error (i32.add (local.get $c) (i32.const 1)) (i32.sub (local.get $len) (i32.const 1)))
      (return (i64.const -1))))
    (if (i32.eq (global.get $mode) (i32.const 0x54)) (then unreachable))                             ;; T
    (if (i32.eq (global.get $mode) (i32.const 0x4c)) (then (loop $l (br $l))))                       ;; L
    (if (i32.eq (global.get $mode) (i32.const 0x69))                                                 ;; i: interest
      (then (global.set $mask (i32.load8_u offset=1 (local.get $c)))))
    (if (i32.eq (global.get $mode) (i32.const 0x63)) (then                                           ;; c: a counter
      (global.set $counter (call $metric (i32.const 0) (i32.add (local.get $c) (i32.const 1)) (i32.sub (local.get $len) (i32.const 1))))))
    (if (i32.eq (global.get $mode) (i32.const 0x6d)) (then                                           ;; m: too many counters
      (i32.store8 (i32.const 0x80000) (i32.const 0x61))
      (loop $m
        (i32.store8 (i32.const 0x80001) (i32.add (i32.const 0x41) (i32.rem_u (local.get $i) (i32.const 26))))
        (i32.store8 (i32.const 0x80002) (i32.add (i32.const 0x41) (i32.div_u (local.get $i) (i32.const 26))))
        (call $counter_add (call $metric (i32.const 0) (i32.const 0x80000) (i32.const 3)) (i64.const 1))
        (br_if $m (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 500))))))
    (i64.const 0))

  (func (export "jd_interest") (result i32) (global.get $mask))

  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (local.get 0)) (i32.const 1)))
  (func $double (param i32) (result i32)
    (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
    (i32.add (call $double (i32.sub (local.get 0) (i32.const 1))) (call $double (i32.sub (local.get 0) (i32.const 1)))))

  ;; What never ends, or ends badly: the letter says how.
  (func $misbehave (param $c i32) (param $v i32) (param $n i32) (local $i i32)
    (if (i32.eq (local.get $c) (i32.const 0x54)) (then unreachable))                                 ;; T
    (if (i32.eq (local.get $c) (i32.const 0x4c)) (then (loop $l (br $l))))                           ;; L
    (if (i32.eq (local.get $c) (i32.const 0x58)) (then (drop (call $recurse (i32.const 0)))))        ;; X
    (if (i32.eq (local.get $c) (i32.const 0x45)) (then (drop (call $double (i32.const 60)))))        ;; E
    (if (i32.eq (local.get $c) (i32.const 0x46)) (then                                               ;; F
      (loop $f (memory.fill (i32.const 0x10000) (i32.const 0) (i32.const 0xf0000)) (br $f))))
    (if (i32.eq (local.get $c) (i32.const 0x59)) (then                                               ;; Y
      (loop $y (memory.copy (i32.const 0x10000) (i32.const 0x10001) (i32.const 0xe0000)) (br $y))))
    (if (i32.eq (local.get $c) (i32.const 0x47)) (then                                               ;; G: all memory there is
      (loop $g (br_if $g (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))))
    (if (i32.eq (local.get $c) (i32.const 0x48)) (then                                               ;; H
      (loop $h (drop (table.grow $t (ref.null func) (i32.const 1000))) (br $h))))
    (if (i32.eq (local.get $c) (i32.const 0x4f)) (then                                               ;; O: a flood of lines
      (loop $o (call $log (i32.const 2) (local.get $v) (local.get $n))
        (br_if $o (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const 1000))))))
    (if (i32.eq (local.get $c) (i32.const 0x41)) (then                                               ;; A: a lie to the host
      (call $log (i32.const 1) (i32.const 0xfffffff0) (i32.const 100))))
    (if (i32.eq (local.get $c) (i32.const 0x43)) (then                                               ;; C
      (call $counter_add (global.get $counter) (i64.const 5))))
    (if (i32.eq (local.get $c) (i32.const 0x4d)) (then                                               ;; M: a late metric
      (if (i32.ne (call $metric (i32.const 0) (local.get $v) (local.get $n)) (i32.const -1)) (then unreachable))
      (call $counter_add (i32.const 999) (i64.const 1)))))

  ;; P: the record holds the result, then the bytes at 0x10000.
  (func $poke (param $v i32) (param $n i32) (result i64)
    (memory.copy (i32.const 0x10000) (i32.add (local.get $v) (i32.const 9)) (i32.sub (local.get $n) (i32.const 9)))
    (i64.load offset=1 align=1 (local.get $v)))

  (func $judge (export "jd_validate") (export "jd_serialize") (export "jd_deserialize") (param $p i32) (param $len i32) (result i64)
    (local $n i32) (local $i i32) (local $e i32) (local $out i32) (local $v i32) (local $vn i32) (local $c i32)
    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
    (local.set $n (i32.load offset=8 (local.get $p)))
    (local.set $e (i32.add (local.get $p) (i32.load (local.get $p))))
    (local.set $out (i32.const 0x10010))
    (i64.store (i32.const 0x10000) (i64.const 0x2800000010))
    (i64.store (i32.const 0x10008) (i64.extend_i32_u (local.get $n)))
    (loop $records
      (memory.fill (local.get $out) (i32.const 0) (i32.const 40))
      (local.set $v (i32.load offset=8 (local.get $e)))
      (local.set $vn (i32.load offset=12 (local.get $e)))
      (if (i32.gt_s (local.get $vn) (i32.const 0)) (then
        (local.set $c (i32.load8_u (local.get $v)))
        (if (i32.eq (local.get $c) (i32.const 0x50)) (then (return (call $poke (local.get $v) (local.get $vn)))))
        (if (i32.eq (local.get $c) (i32.const 0x4e)) (then                                           ;; N: fail, class in a digit
          (call $error (i32.add (local.get $v) (i32.const 2)) (i32.sub (local.get $vn) (i32.const 2)))
          (return (i64.sub (i64.const 0x30) (i64.load8_u offset=1 (local.get $v))))))
        (if (i32.eq (local.get $c) (i32.const 0x51)) (then                                           ;; Q: only first calls work
          (if (i32.gt_u (global.get $calls) (i32.const 1)) (then unreachable))))
        (call $misbehave (local.get $c) (local.get $v) (local.get $vn))
        (if (i32.eq (local.get $c) (i32.const 0x53)) (then                                           ;; S: by what was before
          (i32.store (local.get $out) (i32.mul (i32.and (global.get $calls) (i32.const 1)) (i32.const 3)))))
        (if (i32.eq (local.get $c) (i32.const 0x44)) (then                                           ;; D: drop
          (i32.store (local.get $out) (i32.const 2))))
        (if (i32.eq (local.get $c) (i32.const 0x52)) (then                                           ;; R: reject
          (i64.store (local.get $out) (i64.const 0x700000003))
          (i32.store offset=32 (local.get $out) (i32.add (local.get $v) (i32.const 1)))
          (i32.store offset=36 (local.get $out) (i32.sub (local.get $vn) (i32.const 1)))))
        (if (i32.eq (local.get $c) (i32.const 0x56)) (then                                           ;; V: replace
          (i32.store (local.get $out) (i32.const 1))
          (i64.store offset=8 (local.get $out) (i64.load (local.get $e)))
          (i32.store offset=16 (local.get $out) (i32.add (local.get $v) (i32.const 1)))
          (i32.store offset=20 (local.get $out) (i32.sub (local.get $vn) (i32.const 1)))
          (i64.store offset=24 (local.get $out) (i64.load offset=16 (local.get $e)))))))
      (local.set $e (i32.add (local.get $e) (i32.load offset=4 (local.get $p))))
      (local.set $out (i32.add (local.get $out) (i32.const 40)))
      (br_if $records (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i64.or (i64.const 0x1000000000000) (i64.extend_i32_u (i32.sub (local.get $out) (i32.const 0x10000)))))

  ;; The partition is the first digit of the key; no key: the host's choice.
  (func (export "jd_partition") (param $p i32) (param $len i32) (result i64)
    (local $n i32) (local $i i32) (local $e i32) (local $k i32)
    (local.set $n (i32.load offset=8 (local.get $p)))
    (local.set $e (i32.add (local.get $p) (i32.load (local.get $p))))
    (loop $keys
      (i32.store offset=0x10000 (i32.shl (local.get $i) (i32.const 2)) (i32.const -1))
      (if (i32.gt_s (i32.load offset=4 (local.get $e)) (i32.const 0)) (then
        (local.set $k (i32.load (local.get $e)))
        (if (i32.eq (i32.load8_u (local.get $k)) (i32.const 0x50))
          (then (return (call $poke (local.get $k) (i32.load offset=4 (local.get $e))))))
        (call $misbehave (i32.load8_u (local.get $k)) (local.get $k) (i32.const 1))
        (i32.store offset=0x10000 (i32.shl (local.get $i) (i32.const 2))
          (i32.sub (i32.load8_u (local.get $k)) (i32.const 0x30)))))
      (local.set $e (i32.add (local.get $e) (i32.load offset=4 (local.get $p))))
      (br_if $keys (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $n))))
    (i64.or (i64.const 0x1000000000000) (i64.extend_i32_u (i32.shl (local.get $n) (i32.const 2)))))

  ;; Every partition that can be assigned goes to the first member, or what the group's name says happens.
  (func (export "jd_assign") (param $p i32) (param $len i32) (result i64)
    (local $members i32) (local $topic i32) (local $i i32) (local $q i32) (local $out i32) (local $count i32) (local $bits i32)
    (if (i32.eq (i32.load8_u (i32.load offset=16 (local.get $p))) (i32.const 0x50)) (then
      (return (call $poke (i32.load offset=16 (local.get $p)) (i32.load offset=20 (local.get $p))))))
    (call $misbehave (i32.load8_u (i32.load offset=16 (local.get $p))) (i32.const 0) (i32.const 1))
    (local.set $members (i32.load offset=44 (local.get $p)))
    (local.set $topic (i32.load offset=32 (local.get $p)))
    (i64.store (i32.const 0x10000) (i64.const 0x800000010))
    (i64.store (i32.const 0x10008) (i64.extend_i32_u (local.get $members)))
    (memory.fill (i32.const 0x10010) (i32.const 0) (i32.shl (local.get $members) (i32.const 3)))
    (local.set $out (i32.const 0x80000))
    (loop $topics
      (local.set $q (i32.const 0))
      (local.set $bits (i32.load offset=36 (local.get $topic)))
      (loop $partitions
        (if (i32.or (i32.eqz (local.get $bits))
              (i32.and (i32.shr_u (i32.load8_u (i32.add (local.get $bits) (i32.shr_u (local.get $q) (i32.const 3))))
                                  (i32.and (local.get $q) (i32.const 7))) (i32.const 1))) (then
          (i32.store (local.get $out) (local.get $i))
          (i32.store offset=4 (local.get $out) (local.get $q))
          (local.set $count (i32.add (local.get $count) (i32.const 1)))
          (local.set $out (i32.add (local.get $out) (i32.const 8)))))
        (br_if $partitions (i32.lt_u (local.tee $q (i32.add (local.get $q) (i32.const 1))) (i32.load offset=24 (local.get $topic)))))
      (local.set $topic (i32.add (local.get $topic) (i32.load offset=48 (local.get $p))))
      (br_if $topics (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.load offset=36 (local.get $p)))))
    (i32.store (i32.const 0x10010) (i32.const 0x80000))
    (i32.store (i32.const 0x10014) (local.get $count))
    (i64.or (i64.const 0x1000000000000) (i64.extend_i32_u (i32.add (i32.const 16) (i32.shl (local.get $members) (i32.const 3))))))
)
