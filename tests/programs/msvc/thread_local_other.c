// The second object with a .tls section: its variables stand behind the first one's in the same template.
__declspec(thread) int other_counter = -50;

int bump_other_counter(void)
{
    return ++other_counter;
}
