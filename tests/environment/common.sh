# Shared by the scripts of this folder; read with `.`, not run.

# Everything that is made once and found again lives here, outside the repository.
cache=${MYLINK_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mylink}

# Run times of other machines are whole folders of Debian packages; see make-folders. A change of how
# they are made gets a new number, so that an old one is not taken for a new one.
folder_of() { echo "$cache/$1.v1"; }

# Where the kernel lists what runs other machines' programs. Ours for x86 is there once make-folders has
# found that this machine cannot run 32-bit programs by itself.
binfmt=/proc/sys/fs/binfmt_misc
emulator_of_x86=mylink-emulated-x86.v1

fail()
{
    echo "${0##*/}: $*" >&2
    exit 125
}

# Runs a command line with a machine's Wine: $1 is x64, x86 or arm64, the rest is the command, "wine" and
# "wineserver" being that Wine's programs. Three variables change it: with_prefix names another prefix,
# with_timeout gives it so many seconds, with_exec=exec puts it in our place.
#
# x64 is the system's own. The others are packages unpacked into a folder, whose /usr is mounted over the
# system's in a mount name space of the command's own: programs, libraries and the loader are then that
# machine's, while every other path, the working directory and the files beside an image stay what they
# were. Nothing is mounted as seen from outside, so nothing is left behind, not even by a power cut.
#
# Wine's loader is linked to 0x7d000000, and Linux puts the heap somewhere in the 32 MB, or since 6.x in the gigabyte,
# behind it: in one of a thousand runs to where Windows has a page of its own for every program (0x7ffe0000), and Wine
# ends with status 1 and no word ("failed to map the shared user data"). Without randomisation it stands right behind
# the loader.
#
# Where x86 is emulated, Wine's server is a native program still, as all the others wait for it. Unless told,
# that one makes prefixes for x64. QEMU_SET_ENV is for what qemu runs only. And Wine need not start a second
# time through its preloader, which Debian has none of.
with_wine()
{
    machine=$1
    program=$2
    shift 2
    prefix=${with_prefix:-$(folder_of prefix-$machine)}
    root=$(folder_of wine-$machine)
    more=
    case $machine in
    x64) wine=/usr/lib/wine/wine64 wineserver=/usr/lib/wine/wineserver64 ;;
    x86)
        wine=/usr/lib/wine/wine wineserver=/usr/lib/wine/wineserver32
        if [ -e $binfmt/$emulator_of_x86 ]; then
            root=$(folder_of emulated-x86) wineserver=/usr/lib/wine/wineserver64
            more='WINEARCH=win32 WINELOADERNOEXEC=1 QEMU_SET_ENV=LD_PRELOAD=/usr/lib/wine/trap-numbers.so'
        fi
        ;;
    arm64) wine=/usr/lib/wine/wine64 wineserver=/usr/lib/wine/wineserver64 ;;
    *) fail "no Wine for machine '$machine'" ;;
    esac
    case $program in
    wine) program=$wine ;;
    wineserver) program=$wineserver ;;
    esac
    set -- $program "$@"
    if [ $machine != x64 ]; then
        user=
        [ "$(id -u)" = 0 ] || user='--user --map-root-user'
        # shellcheck disable=SC2016,SC2086
        set -- unshare $user --mount sh -c 'usr=$1; shift; mount --bind "$usr" /usr && exec "$@"' \
            sh "$root/usr" "$@"
    fi
    if [ $machine != arm64 ] && setarch -R true 2>/dev/null; then # qemu does as it likes
        set -- setarch -R "$@"
    fi
    [ -z "${with_timeout-}" ] || set -- timeout --kill-after=5 "$with_timeout" "$@"
    # No desktop, no chatter, no time zone or language of the user's; no .NET or browser to ask about.
    # shellcheck disable=SC2086
    set -- env -u DISPLAY -u WAYLAND_DISPLAY -u WINEARCH -u WINELOADER -u WINEPATH -u LD_PRELOAD \
        WINEPREFIX="$prefix" WINESERVER=$wineserver $more \
        WINEDEBUG="${WINEDEBUG--all}" WINEDLLOVERRIDES='mscoree,mshtml=;winemenubuilder.exe=d' \
        LC_ALL=C.UTF-8 TZ=UTC "$@"
    ${with_exec:-} "$@"
}
