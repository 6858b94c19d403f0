// The words of pet names: short, friendly, lower case letters only, no word twice in a list.
const list = (words: string): readonly string[] => words.trim().split(/\s+/);

export const animals = list(`
  aardvark albatross alpaca anchovy anemone angelfish anole ant anteater antelope armadillo auk avocet axolotl babbler
  badger bandicoot barnacle bass bat bear beaver bee beetle bison blackbird bluebird boar bobcat bongo booby buffalo
  bullfinch bumblebee bunting butterfly buzzard camel canary capybara caracal cardinal caribou carp catfish chamois cheetah
  chickadee chipmunk cicada clam coati cod condor coot coral cormorant coyote crab crane cricket crow cuckoo curlew deer
  dingo dipper dodo dolphin donkey dormouse dove dragonfly duck dugong dunlin eagle earwig echidna eel egret eider eland
  elephant elk emu ermine falcon ferret finch firefly flamingo flounder fox frog gannet gazelle gecko gerbil gibbon giraffe
  gnu goat godwit goldfinch goose grebe grouse guanaco gull guppy haddock halibut hamster hare harrier hawk hedgehog heron
  herring hippo hoopoe hornbill horse hyrax ibex ibis iguana impala jackdaw jaguar jay jellyfish kangaroo kestrel kingfisher
  kite kiwi koala kookaburra krill kudu ladybird lamprey lapwing lark lemming lemur leopard linnet lion lizard llama lobster
  loon lynx macaw mackerel magpie mallard manatee mantis marlin marmot marten meerkat mink minnow mole mongoose moose moth
  mouse mule mussel narwhal newt nightjar nuthatch ocelot octopus okapi opossum orca oriole oryx osprey ostrich otter owl
  ox oyster panda pangolin panther parrot partridge peacock pelican penguin perch petrel pheasant pigeon pika pike pipit
  plover pony porcupine porpoise prawn puffin puma quail quokka rabbit raccoon ram raven ray redstart reindeer rhino robin
  rook salamander salmon sandpiper sardine seahorse seal serval shark sheep shrew shrimp siskin skate skink skua skunk sloth
  snail snipe sparrow squid squirrel starfish starling stoat stork sturgeon swallow swan swift tapir tern terrapin thrush
  tiger toad tortoise toucan trout tuna turkey turtle urchin vole vulture wagtail walrus warbler weasel whale wolf wombat
  woodpecker wren yak zebra
`);

export const adjectives = list(`
  able active adept agile airy alert amber ample ancient apt arctic artful autumn awake azure balanced balmy bashful bold
  bonny bouncy brave breezy brief bright brisk bronze bubbly busy calm candid careful caring casual cheerful cheery chief
  chilly chipper civil classic clean clear clever coastal cobalt cool copper coral cosmic cosy crafty creative crimson crisp
  curious dapper daring dashing dear deft devoted dewy diligent distant dreamy dulcet eager early earnest easy elder elegant
  eminent endless epic even evergreen exact expert fabled fair faithful famous fancy fearless fertile festive fine fit fleet
  fluffy fond formal forest frank free fresh friendly frosty gallant generous gentle genuine gifted giving glad gleaming
  glowing golden good graceful grand grateful great green handy happy hardy harmless hasty hearty helpful hidden honest
  hopeful humble humorous ideal immense indigo inland intent inventive ivory jaunty jolly jovial joyful jubilant just keen
  kind kindly known large lasting lavish leafy level liberal light lively logical lone loud lovely loyal lucid lucky lunar
  magical main marble marine mature meek mellow merry mighty mild mindful minty misty modest mossy musical natural neat new
  nimble noble normal northern notable novel oaken olive open orange orderly outgoing patient peaceful pearly perfect placid
  plain playful pleasant plucky plush poetic poised polar polite popular prime prompt proper proud prudent pure quaint quick
  quiet radiant rapid rare ready regal relaxed resolute rested rich robust rosy royal ruby rugged rustic sage sandy sane
  scarlet scenic secure sensible serene settled sharp shiny silent silken silver simple sincere sleek smart smiling smooth
  snowy snug social solar solid sound southern spare sparkling speedy spirited splendid spotted spry square stable starry
  stately steady sterling stout strong sturdy subtle summer sunny super sure swift tactful talented tall tame tender tidy
  timely tranquil trim true trusty truthful unique upbeat upright urban useful valiant valid vast velvet verdant vital vivid
  vocal warm watchful wavy wealthy western whole wide wild willing windy winning winter wise witty wonderful worthy young
  zealous zesty
`);

export const adverbs = list(`
  ably actively actually aptly ardently artfully avidly barely bashfully basically boldly bravely breezily briefly brightly
  briskly broadly busily calmly candidly carefully casually centrally certainly cheerfully chiefly civilly cleanly clearly
  cleverly closely commonly compactly constantly coolly correctly cosily crisply curiously daily dearly deeply deftly
  devotedly directly distinctly duly eagerly early earnestly easily elegantly endlessly entirely equally evenly evidently
  exactly expertly fairly faithfully famously fearlessly finely firmly fluently fondly formally frankly freely freshly fully
  gaily gallantly generally generously gently genuinely gladly gracefully gradually grandly gratefully greatly happily
  heartily helpfully highly honestly hopefully hourly hugely humbly ideally indeed inwardly jauntily jointly jovially
  joyfully justly keenly kindly largely lastingly lately lightly likely lively locally logically loosely loudly lovingly
  loyally lucidly mainly merrily mightily mildly mindfully modestly monthly mostly mutually namely naturally nearly neatly
  newly nicely nimbly nobly normally notably openly orderly outwardly partly patiently peacefully perfectly placidly plainly
  playfully pleasantly politely possibly precisely presently primarily privately probably promptly properly proudly
  prudently purely quickly quietly radiantly rapidly rarely readily really recently regally regularly reliably richly
  rightly robustly roughly roundly safely scarcely securely seemingly sensibly serenely sharply shortly silently simply
  sincerely slightly slowly smartly smoothly snugly socially softly solely solidly soundly specially speedily stably
  starkly steadily stoutly strictly strongly sturdily suddenly suitably supremely surely swiftly tenderly thankfully
  thoroughly tidily tightly timely totally truly truthfully typically uniquely usefully usually utterly vaguely validly
  vastly vibrantly visibly vitally vividly warmly wholly widely wildly willingly wisely wittily wonderfully yearly
  zealously
`);
