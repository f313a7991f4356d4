package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// floor is the least that moving the bytes can cost: one copy from the socket, one to the page cache, one sendfile back.
type floor struct{}

func (*floor) name() string { return "floor" }

func (*floor) start(_ context.Context, dir string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	addr, _, err := freeAddrs()
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(self, "floor-server", addr)
	cmd.Dir = dir
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for {
		if conn, err := net.Dial("tcp", addr); err == nil {
			return &process{cmd: cmd, addr: addr}, conn.Close()
		}
		time.Sleep(time.Millisecond)
	}
}

// A floor client sends one byte, the length in bytes and the chunk size.
const (
	floorWrite = 'w'
	floorRead  = 'r'
)

func serveFloor(addr string) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer func() { _ = conn.Close() }()
			if err := serveFloorConn(conn.(*net.TCPConn)); err != nil && err != io.EOF {
				fmt.Fprintln(os.Stderr, "floor:", err)
			}
		}()
	}
}

func serveFloorConn(conn *net.TCPConn) error {
	var head [13]byte
	if _, err := io.ReadFull(conn, head[:]); err != nil {
		return err
	}
	n, chunk := int64(binary.BigEndian.Uint64(head[1:])), int(binary.BigEndian.Uint32(head[9:]))
	if head[0] == floorWrite {
		return receive(conn, n, chunk)
	}
	return sendBack(conn, n)
}

func receive(conn *net.TCPConn, n int64, chunk int) error {
	f, err := os.Create(filepath.Join(".", "floor.dat"))
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	buffer := make([]byte, chunk)
	for ; n > 0; n -= int64(chunk) {
		if _, err := io.ReadFull(conn, buffer); err != nil {
			return err
		}
		if _, err := f.Write(buffer); err != nil {
			return err
		}
		if _, err := conn.Write(buffer[:16]); err != nil { // what an acknowledgement costs
			return err
		}
	}
	return nil
}

func sendBack(conn *net.TCPConn, n int64) error {
	f, err := os.Open("floor.dat")
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	for n > 0 {
		sent, err := conn.ReadFrom(io.LimitReader(f, n)) // sendfile
		if err != nil {
			return err
		}
		n -= sent
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
	}
	return nil
}

// talkToFloor runs one transfer as its client.
func talkToFloor(addr string, op byte, n int64, chunk int) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	head := make([]byte, 13)
	head[0] = op
	binary.BigEndian.PutUint64(head[1:], uint64(n))
	binary.BigEndian.PutUint32(head[9:], uint32(chunk))
	if _, err := conn.Write(head); err != nil {
		return err
	}
	buffer := make([]byte, chunk)
	if op == floorRead {
		_, err := io.CopyBuffer(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{io.LimitReader(conn, n)}, buffer)
		return err
	}
	go func() { _, _ = io.Copy(struct{ io.Writer }{io.Discard}, struct{ io.Reader }{conn}) }()
	for ; n > 0; n -= int64(chunk) {
		if _, err := conn.Write(buffer); err != nil {
			return err
		}
	}
	return nil
}
