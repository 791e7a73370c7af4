//! The table as C sees it: what it answers to nonsense, and how much stack it uses.

use super::*;

const KEY_BYTES: [u8; KEY] = [0x42; KEY];
const IV: [u8; BLOCK] = [0x24; BLOCK];
const NONE: Context = ptr::null_mut();

fn run_cipher(mode: c_int, key_len: c_int, input: Bytes, len: c_int, out: Out) -> c_int {
    // SAFETY: the tests pass buffers that are as long as they say, or null.
    unsafe { (PROVIDER.cipher)(NONE, mode, KEY_BYTES.as_ptr(), key_len, IV.as_ptr(), input, len, out) }
}

#[test]
fn setup_fills_the_table() {
    let mut provider = MaybeUninit::<Provider>::uninit();
    // SAFETY: there is room for it.
    unsafe {
        assert_eq!(cmr_sqlcipher_setup(provider.as_mut_ptr()), SQLITE_OK);
        let provider = provider.assume_init();
        assert_eq!(CStr::from_ptr((provider.get_provider_name)(NONE)), NAME);
        assert!(provider.next.is_null());
        assert_eq!(cmr_sqlcipher_setup(ptr::null_mut()), SQLITE_ERROR);
    }
}

#[test]
fn a_page_is_ciphered_into_another_buffer_or_in_place() {
    let page = [0x5a; 4096];
    let mut sealed = [0; 4096];
    assert_eq!(run_cipher(1, 32, page.as_ptr(), 4096, sealed.as_mut_ptr()), SQLITE_OK);
    assert_ne!(sealed, page);
    let mut opened = [0; 4096];
    assert_eq!(run_cipher(0, 32, sealed.as_ptr(), 4096, opened.as_mut_ptr()), SQLITE_OK);
    assert_eq!(opened, page);
    let same = sealed.as_mut_ptr();
    assert_eq!(run_cipher(0, 32, same, 4096, same), SQLITE_OK);
    assert_eq!(sealed, page);
}

#[test]
fn nonsense_is_refused() {
    let mut out = [0; 64];
    let (input, into) = ([0; 64], out.as_mut_ptr());
    for (mode, key_len, from, len, into) in [
        (2, 32, input.as_ptr(), 64, into),
        (1, 31, input.as_ptr(), 64, into),
        (1, -1, input.as_ptr(), 64, into),
        (1, 32, input.as_ptr(), 63, into),
        (1, 32, input.as_ptr(), -1, into),
        (1, 32, ptr::null(), 64, into),
        (1, 32, input.as_ptr(), 64, ptr::null_mut()),
    ] {
        assert_eq!(run_cipher(mode, key_len, from, len, into), SQLITE_ERROR, "{mode} {key_len} {len}");
    }
    let key = KEY_BYTES.as_ptr();
    // SAFETY: every length fits its buffer, or is refused.
    unsafe {
        let mac = |number, first, len| (PROVIDER.hmac)(NONE, number, key, 32, first, len, ptr::null(), 4, into);
        assert_eq!(mac(3, input.as_ptr(), 64), SQLITE_ERROR);
        assert_eq!(mac(2, ptr::null(), 64), SQLITE_ERROR);
        assert_eq!(mac(2, input.as_ptr(), 64), SQLITE_OK, "there may be no second part, whatever its length");
        let derive = |rounds, len| (PROVIDER.kdf)(NONE, 2, key, 32, input.as_ptr(), 16, rounds, len, into);
        assert_eq!(derive(0, 32), SQLITE_ERROR);
        assert_eq!(derive(1, -1), SQLITE_ERROR);
        assert_eq!(derive(1, 32), SQLITE_OK);
        assert_eq!((PROVIDER.random)(NONE, ptr::null_mut(), 8), SQLITE_ERROR);
        assert_eq!((PROVIDER.random)(NONE, into.cast(), -1), SQLITE_ERROR);
    }
    assert_eq!((PROVIDER.get_hmac_sz)(NONE, 3), 0);
}

#[test]
fn random_bytes_are_not_the_same_twice() {
    let [mut first, mut second] = [[0; 32]; 2];
    // SAFETY: both are 32 bytes.
    unsafe {
        assert_eq!((PROVIDER.random)(NONE, first.as_mut_ptr().cast(), 32), SQLITE_OK);
        assert_eq!((PROVIDER.random)(NONE, second.as_mut_ptr().cast(), 32), SQLITE_OK);
    }
    assert_ne!(first, second);
}

/// Unwinding into C would be undefined. The hook keeps the panic's message out of the tests' output.
#[test]
fn a_panic_ends_as_an_error() {
    let hook = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let code = guarded(|| panic!("on purpose"));
    std::panic::set_hook(hook);
    assert_eq!(code, SQLITE_ERROR);
}

/// Linux alone shows a thread its own stack as a file.
#[cfg(target_os = "linux")]
mod stack {
    use std::fs::File;
    use std::os::unix::fs::FileExt;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    /// What is wiped after a call is more than what a call can have written to.
    #[test]
    fn a_call_uses_less_stack_than_is_wiped() {
        let mut page = vec![0; 64 * 1024];
        let depths = [
            ("nothing", depth(|| Ok(()))),
            ("encrypt", depth(|| cipher::encrypt(&KEY_BYTES, &IV, &mut page))),
            ("decrypt", depth(|| cipher::decrypt(&KEY_BYTES, &IV, &mut page))),
            ("hmac", depth(|| cipher::hmac(Hash::Sha512, &KEY_BYTES, [&page, &IV], &mut [0; 64]))),
            ("kdf", depth(|| cipher::pbkdf2(Hash::Sha512, &KEY_BYTES, &IV, 2, &mut [0; 32]))),
            ("kdf of SHA-1", depth(|| cipher::pbkdf2(Hash::Sha1, &KEY_BYTES, &IV, 2, &mut [0; 32]))),
        ];
        for (name, depth) in depths {
            eprintln!("{name} {depth}");
            assert!(depth < STACK * 3 / 4, "{name} uses {depth} bytes of stack: {depths:?}");
        }
    }

    /// How far below this function a call wrote: a new thread's stack is zeros. A stack that was used before may be used
    /// again, but not for a thread that asks for a larger one.
    fn depth(call: impl FnOnce() -> Result<(), Refused> + Send) -> usize {
        const LOOKED_AT: usize = 256 * 1024;
        static THREADS: AtomicUsize = AtomicUsize::new(1);
        let size = THREADS.fetch_add(1, Ordering::Relaxed) * 8 * 1024 * 1024;
        std::thread::scope(|scope| {
            let thread = std::thread::Builder::new().stack_size(size).spawn_scoped(scope, || {
                let here = 0u8;
                assert_eq!(apart(call), SQLITE_OK);
                let top = std::hint::black_box(&raw const here).addr();
                let mut stack = vec![0; LOOKED_AT];
                let memory = File::open("/proc/self/mem").unwrap();
                memory.read_exact_at(&mut stack, (top - LOOKED_AT) as u64).unwrap();
                LOOKED_AT - stack.iter().position(|byte| *byte != 0).unwrap_or(LOOKED_AT)
            });
            thread.unwrap().join().unwrap()
        })
    }
}
