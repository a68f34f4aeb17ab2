# What the samples' run scripts share; read with `.`, not run. It gives them three words for the machine that they
# were called with (x64, the default, x86 or arm64): compile, link and run. Each prints the command it executes.
#
#   MYLINK       the linker; otherwise the one that samples/first-run builds
#   OUTPUT       the folder for what is made; otherwise build/samples/NAME/MACHINE

set -eu

root=$(cd ../.. && pwd)
machine=${1:-x64}
linker=${MYLINK:-$root/build/mylink}
output=${OUTPUT:-$root/build/samples/$(basename "$PWD")/$machine}
libraries=${MYLINK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mylink}/libraries/$machine

case $machine in
x64) target=x86_64-pc-windows-msvc ;;
x86) target=i686-pc-windows-msvc ;;
arm64) target='aarch64-pc-windows-msvc -D_InterlockedCompareExchange128=winnt_exchange128' ;; # clang has that itself
*) echo "usage: run [x64|x86|arm64]" >&2; exit 2 ;;
esac
for needed in "$linker" "$libraries/libkernel32.a"; do
    [ -e "$needed" ] || { echo "$needed is missing: samples/first-run does the whole set-up" >&2; exit 1; }
done
mkdir -p "$output"

say()
{
    printf '\n$ %s\n' "$*"
}

# compile SOURCE…: each to an object of the same name. /hotpatch makes every function begin with an instruction of
# two bytes or more; /Z7 makes the object say so, in its debug information, which on x86 the linker asks for.
# Without an SDK on this machine the headers are Wine's, and no default library is named in the objects (/Zl).
compile()
{
    for source in "$@"; do
        say clang-cl /hotpatch /Z7 /O2 /c "$source"
        compile_one "$source"
    done
}
compile_one()
{
    object=$output/$(basename "${1%.c}").obj
    clang-cl-19 --target=$target /nologo /hotpatch /Z7 /O2 /Gy /c /GS- /Zl -Wno-pragma-pack \
        -imsvc /usr/include/wine/wine/msvcrt -imsvc /usr/include/wine/wine/windows "/Fo$object" -- "$1"
}

# link OPTION…: in the output folder. `$run_time` is what a C program needs: Wine's C run time and the system's DLLs. On
# arm64 what starts a program is that of the tests, as Debian's Wine has none.
run_time='libucrtbase.a libkernel32.a libntdll.a'
case $machine in
x64 | x86) run_time="$run_time libwinecrt0.a" ;;
arm64)
    compile_one "$root/tests/support/windows/start.c"
    compile_one "$root/tests/support/windows/arm64_printf.c"
    run_time="$run_time start.obj arm64_printf.obj /ENTRY:mainCRTStartup"
    ;;
esac
link()
{
    say mylink "$@"
    (cd "$output" && "$linker" "/LIBPATH:$libraries" "$@")
}

# show_pads IMAGE FUNCTION…: the bytes before each function, and its first instructions.
show_pads()
{
    image=$1
    shift
    for function in "$@"; do
        [ $machine != x86 ] || function=_$function # x86's compilers put an underscore before a C name
        say "llvm-objdump -d $image    # around $function"
        llvm-objdump-19 -d "$output/$image" | grep -B 9 -A 3 "<$function>:"
    done
}

# run_image IMAGE ARGUMENT…: under the machine's Wine.
run_image()
{
    say "$@"
    (cd "$output" && "$root/tests/environment/run-image" $machine "$@")
}
