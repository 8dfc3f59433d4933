package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"time"
)

// cpuOfSelf is the time this process has had of all processors.
func cpuOfSelf() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// cpuOf is the time all processes of a name on this machine have had.
func cpuOf(name string) (total time.Duration) {
	for _, p := range processes() {
		if p.name == name {
			total += p.had
		}
	}
	return total
}

// cpuBelow is the time a process and its children have had.
func cpuBelow(parent int) (total time.Duration) {
	for _, p := range processes() {
		if p.id == parent || p.parent == parent {
			total += p.had
		}
	}
	return total
}

// process is one on this machine.
type process struct {
	id, parent int
	name       string
	had        time.Duration
}

// stat is what /proc tells of a process (proc_pid_stat(5)): fields 1, 2, 4, 14 and
// 15, the last two in hundredths of a second.
var stat = regexp.MustCompile(`^(\d+) \((.*)\) \S (\d+)(?: \S+){9} (\d+) (\d+) `)

// processes are all there are, as far as /proc tells.
func processes() (all []process) {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		fields := stat.FindSubmatch(text)
		if fields == nil {
			continue
		}
		number := func(i int) int {
			n, _ := strconv.Atoi(string(fields[i]))
			return n
		}
		all = append(all, process{
			id: number(1), name: string(fields[2]), parent: number(3),
			had: time.Duration(number(4)+number(5)) * 10 * time.Millisecond,
		})
	}
	return all
}

// parentOf is the process that started another, if that is on this machine and of
// that name; else 0.
func parentOf(id int, name string) int {
	for _, p := range processes() {
		if p.id == id && p.name == name {
			return p.parent
		}
	}
	return 0
}
